"""URLs of stores and their mirrors: one to one, nothing outside, no secret in what is shown."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.interface.errors import UsageError
from stages.remote import urls
from stages.remote.urls import Address, is_url, masked, parsed, shown

NAMES = st.text(st.sampled_from("abcXYZ019-_= ü"), min_size=1, max_size=8).map(str.strip)
PARTS = st.lists(NAMES.filter(bool), min_size=1, max_size=5)


@pytest.mark.parametrize("text", ["s3://b/x", "s3:/b/x", "memory://x", "file:///tmp/x", "gs://b"])
def test_a_url_is_known_as_text_and_as_a_path(text: str) -> None:
    assert is_url(text)
    assert is_url(Path(text))
    assert parsed(text) == parsed(Path(text))


@pytest.mark.parametrize("text", ["artifacts", "/x/y", "a:b", "C:\\x", "", "s3:", 3, None])
def test_everything_else_is_none(text: object) -> None:
    assert not is_url(text)


@given(parts=PARTS, scheme=st.sampled_from(["s3", "memory", "file", "gs"]))
def test_a_mirror_leads_back_to_its_address(parts: list[str], scheme: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        patch.setenv("HHREC_CACHE", "/nowhere/cache")
        place = parsed(f"{scheme}://{'/'.join(parts)}/")
        assert urls.of_mirror(place.local) == place
        assert parsed(str(place)) == place
        assert shown(f"x {place.local}: y") == f"x {place}: y"
        assert urls.named(str(place.local)) == urls.named(str(place)) == str(place)
        assert urls.named("raw") == "raw"


def test_other_endpoints_are_other_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    found = set()
    for where in ("http://127.0.0.1:1", "http://127.0.0.1:2", ""):
        monkeypatch.setenv("AWS_ENDPOINT_URL", where)
        found.add(urls.home_of("s3"))
    assert len(found) == 3
    assert all(home.parent == urls.cache() for home in found)
    assert urls.prefix_of("file") == "file:///"


def test_other_paths_are_no_mirrors(tmp_path: Path) -> None:
    assert urls.of_mirror(tmp_path) is None
    assert urls.of_mirror(urls.cache()) is None
    assert urls.of_mirror(urls.cache() / "s3-01234567" / "b") is None  # of an endpoint of before


@pytest.mark.parametrize(
    "text", ["s3://", "s3://b/../c", "s3://b/./c", "s3://b//c", "s3://b/.hhrec"]
)
def test_what_leads_nowhere_or_outside_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected a URL"):
        parsed(text)


def test_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as error:
        parsed("ftp://me:hunter2@host/x")
    assert "hunter2" not in str(error.value)


def test_a_secret_is_in_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "abcd1234")
    assert masked("signed with abcd1234") == "signed with …"
    assert urls.endpoint() in (None, "")


def test_data_stay_whole_where_a_key_is_a_word_of_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    assert shown('{"test": 1}') == '{"test": 1}'


def test_parts_of_an_address() -> None:
    place = Address("s3", "bucket/a") / "b"
    assert (place.name, str(place.parent)) == ("b", "s3://bucket/a")
