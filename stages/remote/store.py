"""Objects of a store by name: read, written under conditions, listed, copied to and from files."""

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from stages.remote import filesystems
from stages.remote.filesystems import S3
from stages.remote.trouble import code_of, told
from stages.remote.urls import Address, endpoint

COPIES = 8  # objects on their way at once
LOST = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}


@dataclass(frozen=True)
class Object:
    """One object: its size, what changes when it changes, and when it was written."""

    size: int
    mark: str
    written: datetime


class Store:
    """One object store; every failure is an `HhrecError`."""

    def __init__(self, scheme: str) -> None:
        self.s3 = scheme in S3
        self.fs = filesystems.filesystem(scheme)

    def _at(self, place: Address) -> str:
        return place.path if self.s3 else f"/{place.path}"

    def read(self, place: Address) -> bytes | None:
        """All of an object, or None where there is none."""
        with told(place):
            try:
                found: bytes = self.fs.cat_file(self._at(place))
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
                if code_of(error) == "NoSuchBucket":
                    raise
                return None
        return found

    def tagged(self, place: Address) -> tuple[bytes | None, str]:
        """All of an object, and the tag of just this content for `write`."""
        while True:
            before = self.tag(place)
            found = self.read(place)
            if self.tag(place) == before:
                return found, before

    def tag(self, place: Address) -> str:
        """What names an object's content; empty where there is none."""
        if self.s3:
            found = self.look(place)
            return found.mark.partition(" ")[0] if found else ""
        held = self.read(place)
        return "" if held is None else hashlib.sha256(held).hexdigest()

    def write(self, place: Address, data: bytes, tag: str | None = None) -> bool:
        """Write an object whole; with a tag only over that content, with an empty one over none.

        Returns:
            Whether it was written. S3 checks and writes in one step; other stores in two.
        """
        with told(place):
            if tag is None or not self.s3:
                if tag is not None and self.tag(place) != tag:
                    return False
                self._put(place, data)
                return True
            given: dict[str, Any] = {"IfMatch": tag} if tag else {"mode": "create"}
            try:
                self.fs.pipe_file(self._at(place), data, **given)
            except OSError as error:
                if code_of(error) not in LOST:
                    raise
                return self.read(place) == data  # an answer that got lost, and was asked for again
            return True

    def _put(self, place: Address, data: bytes) -> None:
        if self.s3:
            self.fs.pipe_file(self._at(place), data)
            return
        scratch = self._at(place.parent / f".{uuid.uuid4().hex[:8]}.part")
        self.fs.pipe_file(scratch, data)
        self.fs.mv(scratch, self._at(place))

    def look(self, place: Address) -> Object | None:
        """What stands at a place, or None where no object does."""
        with told(place):
            try:
                found = self.fs.info(self._at(place))
            except FileNotFoundError as error:
                if code_of(error) == "NoSuchBucket":
                    raise
                return None
        return None if found["type"] == "directory" else _object(found)

    def listed(self, place: Address) -> dict[str, Object]:
        """Objects below a place, by their path below it."""
        with told(place):
            found = self.fs.find(self._at(place), detail=True)
        start = len(place.path) + 1
        names = {name.lstrip("/")[start:]: one for name, one in found.items()}
        return {name: _object(one) for name, one in sorted(names.items()) if name}

    def upload(self, files: Mapping[Address, Path]) -> None:
        """Copy files to objects."""
        self._each(files, lambda place, file: self.fs.put_file(str(file), self._at(place)))

    def download(self, files: Mapping[Address, Path]) -> None:
        """Copy objects to files."""
        self._each(files, lambda place, file: self.fs.get_file(self._at(place), str(file)))

    def _each(self, files: Mapping[Address, Path], copy: Any) -> None:
        def one(place: Address) -> None:
            with told(place):
                copy(place, files[place])

        with ThreadPoolExecutor(COPIES) as pool:
            list(pool.map(one, files))

    def delete(self, places: Iterable[Address]) -> None:
        """Delete objects; one that is not there is as well."""
        for place in places:
            with told(place):
                try:
                    self.fs.rm_file(self._at(place))
                except FileNotFoundError:
                    continue

    def drop_uploads(self, places: Iterable[Address]) -> None:
        """Give up uploads in parts that a dead process began: S3 keeps, and bills, them unseen."""
        for place in places if self.s3 else ():
            bucket, _, key = place.path.partition("/")
            with told(place):
                found = self.fs.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=key)
                for one in found.get("Uploads") or ():
                    if one["Key"] == key:
                        self.fs.call_s3(
                            "abort_multipart_upload",
                            Bucket=bucket,
                            Key=key,
                            UploadId=one["UploadId"],
                        )


def _object(found: Mapping[str, Any]) -> Object:
    when = next(
        (found[key] for key in ("LastModified", "mtime", "created") if found.get(key)), None
    )
    if isinstance(when, int | float):
        when = datetime.fromtimestamp(when, UTC)
    written = when if isinstance(when, datetime) else datetime.now(UTC)
    marks = [found.get("ETag"), found["size"], when]
    return Object(found["size"], " ".join(str(one) for one in marks if one is not None), written)


@cache
def store_of(scheme: str, where: str | None) -> Store:
    """The store of a scheme at an endpoint, opened once."""
    del where
    return Store(scheme)


def opened(place: Address) -> Store:
    """The store of an address.

    Raises:
        HhrecError: What is needed for such URLs is not installed.
    """
    return store_of(place.scheme, endpoint())
