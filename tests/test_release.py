"""One version, in the places that a release has; hooks that download nothing."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINNED = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE)


def test_the_newest_release_of_the_changelog_is_the_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first, newest, *_ = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert first == "Unreleased"
    assert re.fullmatch(re.escape(PROJECT["project"]["version"]) + r" - \d{4}-\d\d-\d\d", newest)


def test_what_is_needed_is_pinned() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    needed = PROJECT["project"]["dependencies"] + extras["dev"] + extras["tensorboard"]
    names = {re.split(r"[<>=\[]", each)[0] for each in needed}
    pinned = {name.lower().replace("_", "-") for name in PINNED}
    assert {name.lower().replace("_", "-") for name in names} <= pinned


def test_packages_are_marked_as_typed_and_the_module_is_shipped() -> None:
    setuptools = PROJECT["tool"]["setuptools"]
    assert setuptools["py-modules"] == ["hhrec"]
    for name in setuptools["packages"]["find"]["include"]:
        assert (ROOT / name.removesuffix("*") / "py.typed").is_file()


def test_files_beside_the_code_are_in_the_wheel() -> None:
    kinds = {
        pattern
        for each in PROJECT["tool"]["setuptools"]["package-data"].values()
        for pattern in each
    }
    found = {
        path for package in ("stages", "hhrec_cli") for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    }  # fmt: skip
    assert found
    assert all(any(path.match(kind) for kind in kinds) for path in found)


def test_hooks_download_nothing() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    assert {hook["language"] for repo in config["repos"] for hook in repo["hooks"]} == {"system"}
