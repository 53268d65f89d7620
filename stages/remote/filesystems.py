"""The file systems of fsspec that stand behind stores."""

import importlib
from collections.abc import Mapping
from typing import Any

from stages.interface import extras
from stages.interface.errors import UsageError
from stages.remote.urls import endpoint

S3 = {"s3", "s3a"}
OPTIONS: Mapping[str, Any] = {  # of s3fs
    "config_kwargs": {
        "connect_timeout": 10,
        "read_timeout": 60,
        "retries": {"max_attempts": 4, "mode": "standard"},
    }
}


def filesystem(scheme: str) -> Any:
    """The file system of a scheme; S3 by the environment of this process.

    Raises:
        HhrecError: What is needed for such URLs is not installed.
    """
    if scheme in S3:
        extras.require(f"a URL {scheme}://…", "s3", ["fsspec", "s3fs"])
    fsspec = importlib.import_module("fsspec")
    if scheme not in fsspec.available_protocols():
        raise UsageError(f"{scheme}://: no such kind of store", "name s3://bucket/prefix")
    if scheme in S3:
        return fsspec.filesystem(
            scheme,
            skip_instance_cache=True,
            use_listings_cache=False,
            endpoint_url=endpoint(),
            **OPTIONS,
        )
    try:
        more = {"auto_mkdir": True} if scheme in {"file", "local"} else {}
        return fsspec.filesystem(scheme, skip_instance_cache=scheme != "memory", **more)
    except (ImportError, ValueError) as error:
        raise UsageError(
            f"{scheme}://: {error}", "install what it needs, or name s3://…"
        ) from error
