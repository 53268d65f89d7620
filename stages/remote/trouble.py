"""Failures of object stores, said as errors that a user can mend."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from stages.interface import failures
from stages.interface.errors import HhrecError, MissingInputError
from stages.remote.urls import Address, endpoint, masked

LIBRARIES = ("botocore.", "aiobotocore.", "aiohttp.", "s3fs.", "fsspec.")
KEYS = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment"
AGAIN = "mend the cause and type the same command again"
ABOUT = re.compile(r"(.*/|)\.hhrec/(.+)\.[0-9a-z]+\.json")  # an object about an artifact
UNREACHED = {
    "EndpointConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ConnectionClosedError",
    "HTTPClientError",
    "ClientConnectorError",
    "ServerDisconnectedError",
    "ServerTimeoutError",
    "FSTimeoutError",
}
UNKNOWN_KEYS = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken")


@contextmanager
def told(address: Address) -> Iterator[None]:
    """Turn whatever a store's library raises into one clear message.

    Raises:
        HhrecError: No such bucket, no access, no connection, or whatever else the store said.
    """
    try:
        yield
    except HhrecError:
        raise
    except (OSError, TimeoutError) as error:
        raise _ours(error, address) from error
    except Exception as error:
        if not (type(error).__module__ + ".").startswith(LIBRARIES):
            raise
        raise _ours(error, address) from error


def _ours(error: Exception, address: Address) -> HhrecError:
    address = Address(address.scheme, ABOUT.sub(r"\1\2", address.path))
    kind = type(error).__name__
    said = masked(failures.short(error))
    code = code_of(error)
    where = f" at {endpoint()}" if endpoint() and address.scheme.startswith("s3") else ""
    if kind in UNREACHED or isinstance(error, ConnectionError | TimeoutError):
        return HhrecError(
            f"{address}: no connection to the store{where} ({said})",
            "check the network and AWS_ENDPOINT_URL, then type the same command again",
        )
    if kind in {"NoCredentialsError", "PartialCredentialsError"}:
        return HhrecError(f"{address}: no credentials for the store{where}", KEYS)
    if code in UNKNOWN_KEYS:
        return HhrecError(
            f"{address}: the store{where} does not take the credentials ({code})", KEYS
        )
    if code == "NoSuchBucket":
        bucket = address.path.partition("/")[0]
        return MissingInputError(
            f"{address}: the bucket {bucket} does not exist{where}",
            "make the bucket, or name another",
        )
    if isinstance(error, PermissionError):
        return HhrecError(
            f"{address}: no access ({said})",
            "ask for the right to list, read, write and delete there, or name another place",
        )
    return HhrecError(f"{address}: {said}", AGAIN)


def code_of(error: BaseException) -> str:
    """What S3 calls an error, `NoSuchBucket` for example; empty where it has no name."""
    for one in (error, error.__cause__):
        answer = getattr(one, "response", None)
        if isinstance(answer, dict):
            return str(answer.get("Error", {}).get("Code", ""))
    return ""
