"""The packages that exporting needs."""

from stages.interface import extras

NEEDED = ("onnx", "onnxruntime", "onnxscript")


def require_extra() -> None:
    """Refuse to start without them.

    Raises:
        HhrecError: One is not installed.
    """
    extras.require("hhrec export onnx", "onnx", NEEDED)
