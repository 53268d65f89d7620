"""What a directory holds, to see whether anything changed."""

import hashlib
from pathlib import Path


def tree(root: Path) -> dict[str, str]:
    """Every entry below a directory: its content, or where a link leads."""
    return {
        path.relative_to(root).as_posix(): str(path.readlink())
        if path.is_symlink()
        else "directory"
        if path.is_dir()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
    }
