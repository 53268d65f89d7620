"""Errors of stores: what, where and what to do; no secret in them."""

import pytest

from stages.interface.errors import HhrecError, MissingInputError
from stages.remote.trouble import code_of, told
from stages.remote.urls import parsed

PLACE = parsed("s3://bucket/a")


def error_of(name: str, code: str = "", module: str = "botocore.exceptions") -> Exception:
    """An error as botocore makes them, without botocore."""
    made = type(name, (Exception,), {"__module__": module})("it said: abcd1234")
    made.response = {"Error": {"Code": code}}  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(
    ("error", "said", "hint"),
    [
        (error_of("EndpointConnectionError"), "no connection", "network"),
        (ConnectionRefusedError(111, "refused"), "no connection", "network"),
        (error_of("NoCredentialsError"), "no credentials", "AWS_ACCESS_KEY_ID"),
        (error_of("ClientError", "InvalidAccessKeyId"), "does not take", "AWS_ACCESS_KEY_ID"),
        (error_of("ClientError", "NoSuchBucket"), "bucket does not exist", "make the bucket"),
        (PermissionError("Forbidden"), "no access", "right to list"),
        (OSError(5, "odd"), "odd", "mend the cause"),
    ],
)
def test_each_failure_has_its_words(
    error: Exception, said: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "abcd1234")
    with pytest.raises(HhrecError, match=said) as found, told(PLACE):
        raise error
    assert "s3://bucket/a" in str(found.value)
    assert hint in found.value.hint
    assert "abcd1234" not in str(found.value)


def test_our_own_errors_and_strange_ones_pass() -> None:
    with pytest.raises(MissingInputError), told(PLACE):
        raise MissingInputError("x")
    with pytest.raises(ZeroDivisionError), told(PLACE):
        raise ZeroDivisionError


def test_the_code_of_an_error_or_of_its_cause() -> None:
    assert code_of(OSError()) == ""
    outer = OSError()
    outer.__cause__ = error_of("ClientError", "PreconditionFailed")
    assert code_of(outer) == "PreconditionFailed"
