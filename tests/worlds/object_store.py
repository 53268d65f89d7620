"""Object stores to test against: one in this process's memory, and an S3 server of its own process."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import fsspec

SECRET = "wJalr-a-secret-that-nobody-may-see"  # noqa: S105  of no store
KEY = "AKIA-a-key-that-nobody-may-see"
CREDENTIALS = (KEY, SECRET)
WITHOUT = "needs an S3 server (moto) and s3fs, which `make test-s3` installs into an environment of its own"
BUCKET = "bucket"
PATIENCE = 60  # seconds for the server to start


def empty_memory() -> None:
    """Forget every object of `memory://`."""
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]


def objects() -> dict[str, bytes]:
    """All objects of `memory://` by path."""
    files = fsspec.filesystem("memory").store
    return {name.lstrip("/"): one.getvalue() for name, one in sorted(files.items())}


@contextmanager
def serving() -> Iterator[Mapping[str, str]]:
    """Run moto's S3 server with one bucket; yield the environment that reaches it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    try:
        _wait(port)
        filesystem(found).call_s3("create_bucket", Bucket=BUCKET)
        yield found
    finally:
        server.kill()
        server.wait()


def filesystem(found: Mapping[str, str]) -> fsspec.AbstractFileSystem:
    """A second way to look at the server's objects."""
    return fsspec.filesystem(
        "s3",
        key=found["AWS_ACCESS_KEY_ID"],
        secret=found["AWS_SECRET_ACCESS_KEY"],
        endpoint_url=found["AWS_ENDPOINT_URL"],
        client_kwargs={"region_name": found["AWS_DEFAULT_REGION"]},
        skip_instance_cache=True,
        use_listings_cache=False,
    )


def _wait(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    raise AssertionError(f"no S3 server within {PATIENCE} s (process {os.getpid()})")
