"""The packages that exporting needs."""

from importlib.util import find_spec

from stages.interface.errors import HhrecError

NEEDED = ("onnx", "onnxruntime", "onnxscript")


def require_extra() -> None:
    """Refuse to start without the packages of the extra `onnx`.

    Raises:
        HhrecError: One is not installed.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise HhrecError(
            f"hhrec export onnx needs {', '.join(missing)}, which the extra `onnx` installs",
            "pip install 'hhrec[onnx]'",
        )
