"""Install a wheel into a fresh environment and use it from an empty directory: `make package`.

    python tests/helpers/wheel.py WHEEL [CONSTRAINTS]

The environment has nothing but the wheel and what it needs, from the registry that pip is set up to
use. The directory it is used from is empty but for a foreign `stages`. Minutes, most of them for torch.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
FOREIGN = "raise RuntimeError('this stages is not of hhrec')\n"


def main(wheel: Path, *constraints: Path) -> None:
    """Install and use; a command that fails ends it."""
    with tempfile.TemporaryDirectory(prefix="hhrec-wheel-") as scratch:
        python = installed(wheel, constraints, Path(scratch) / "venv")
        empty = Path(scratch) / "empty"
        (empty / "stages").mkdir(parents=True)
        (empty / "stages" / "__init__.py").write_text(FOREIGN, encoding="utf-8")
        use(python, empty)


def installed(wheel: Path, constraints: tuple[Path, ...], venv: Path) -> Path:
    """Make an environment with the wheel; give its Python."""
    call(sys.executable, "-m", "venv", str(venv))
    python = venv / "bin" / "python"
    limits = [word for path in constraints for word in ("--constraint", str(path.resolve()))]
    call(str(python), "-m", "pip", "install", "--quiet", *limits, str(wheel.resolve()))
    return python


def use(python: Path, empty: Path) -> None:
    """Type commands, and run the code of the documentation."""
    command = str(python.with_name("hhrec"))
    version = re.search(r"\d+\.\d+\.\d+", call(command, "--version", cwd=empty))
    assert version
    call(command, "--help", cwd=empty)
    call(str(python), "-m", "hhrec_cli", "params", "--yaml", cwd=empty)
    call(command, "init", "board", "--raw", "/data", cwd=empty)
    assert (empty / "board" / "dvc.yaml").is_file()
    said = call(str(python), "-c", "import hhrec; print(hhrec.__version__)", cwd=empty)
    assert said.strip() == version.group()
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (empty / "notebook.py").write_text("\n".join(code), encoding="utf-8")
    call(str(python), "notebook.py", cwd=empty)
    assert (empty / "artifacts" / "report.html").read_text(encoding="utf-8").count("<style>") == 1


def call(*words: str, cwd: Path | None = None) -> str:
    """Run a command that sees no other installation; give its stdout, and show how it went."""
    sys.stdout.write(f"$ {' '.join([Path(words[0]).name, *words[1:]])}\n")
    sys.stdout.flush()
    hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    clean = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(words, cwd=cwd, env=clean, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
