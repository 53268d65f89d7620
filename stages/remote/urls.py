"""URLs of object stores, and the local directories that mirror them."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from stages.interface.errors import UsageError

# pathlib makes one slash of two, so both spellings are the same URL
URL = re.compile(r"([a-z][a-z0-9+.-]+):/+(.*)", re.DOTALL)
CACHE = "HHREC_CACHE"  # environment: where mirrors lie
SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
SHORTEST = 4  # characters of a secret that is looked for in messages


@dataclass(frozen=True)
class Address:
    """A place in an object store.

    Attributes:
        scheme: Such as `s3`; fsspec knows it.
        path: Bucket and key, or whatever stands behind `://`; no slash at either end.
    """

    scheme: str
    path: str

    def __str__(self) -> str:
        return prefix_of(self.scheme) + self.path

    def __truediv__(self, more: str) -> "Address":
        return Address(self.scheme, f"{self.path}/{more}")

    @property
    def name(self) -> str:
        """The last part."""
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> "Address":
        """What it lies in."""
        return Address(self.scheme, self.path.rpartition("/")[0])

    @property
    def local(self) -> Path:
        """Where it is mirrored."""
        return home_of(self.scheme) / self.path


def is_url(given: object) -> bool:
    """Whether a path or text names a place in an object store."""
    return isinstance(given, str | Path) and URL.fullmatch(str(given)) is not None


def parsed(given: str | Path) -> Address:
    """Read a URL.

    Raises:
        UsageError: It names no place, leads outside of itself or holds a password.
    """
    found = URL.fullmatch(str(given))
    scheme, path = (found[1], found[2].strip("/")) if found else ("", "")
    parts = path.split("/")
    if "@" in parts[0] and ":" in parts[0]:
        raise UsageError(
            f"{scheme}://…@…: a URL with a password in it",
            "put credentials into the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY",
        )
    if not path or {"", ".", "..", ".hhrec"} & set(parts) or "\0" in path:
        raise UsageError(
            f"{given}: expected a URL such as s3://bucket/artifacts, without . and .. in it",
            "name a bucket and a prefix",
        )
    return Address(scheme, path)


def cache() -> Path:
    """Directory of all mirrors: $HHREC_CACHE, or hhrec in the user's directory of caches."""
    named = os.environ.get(CACHE)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return (Path(named) if named else Path(base) / "hhrec").absolute().resolve() / "remote"


def home_of(scheme: str) -> Path:
    """Mirror of one store; another endpoint is another store."""
    where = endpoint() if scheme.startswith("s3") else None
    mark = f"-{hashlib.sha256(where.encode()).hexdigest()[:8]}" if where else ""
    return cache() / f"{scheme}{mark}"


def endpoint() -> str | None:
    """URL of the S3 server, where it is not Amazon's."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")


def prefix_of(scheme: str) -> str:
    """What a URL begins with; paths of `file` begin with a slash of their own."""
    return "file:///" if scheme in {"file", "local"} else f"{scheme}://"


def of_mirror(path: Path) -> Address | None:
    """The address that a local path mirrors; None for any other path."""
    try:
        store, *parts = path.absolute().relative_to(cache()).parts
    except ValueError:
        return None
    scheme = re.sub(r"-[0-9a-f]{8}$", "", store)
    if not parts or home_of(scheme).name != store:
        return None
    return Address(scheme, "/".join(parts))


def named(path: str) -> str:
    """A path as its user names it: the URL where it is one, or the mirror of one."""
    return str(parsed(path) if is_url(path) else of_mirror(Path(path)) or path)


def shown(text: str) -> str:
    """A text with URLs instead of the mirrors' paths."""
    home = re.escape(str(cache()))
    stores = re.compile(rf"{home}/([a-z][a-z0-9+.]*?)(-[0-9a-f]{{8}})?/")
    return stores.sub(lambda found: prefix_of(found[1]), text)


def masked(text: str) -> str:
    """As `shown`, without secrets: for messages, never for data, where the same letters may be a word."""
    text = shown(text)
    for name in SECRETS:
        secret = os.environ.get(name, "")
        if len(secret) >= SHORTEST:
            text = text.replace(secret, "…")
    return text
