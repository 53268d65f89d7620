"""What a bundle says of itself: `bundle.json`, by which it is checked before it is opened."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stages.core import json_text
from stages.core.fingerprints import digest, marks, sizes
from stages.core.kinds import BUNDLE_FILE
from stages.core.manifests import packages
from stages.interface.errors import HhrecError, MissingInputError

VERSION = 1
LARGEST = 4 << 20  # characters of the file that are read
HINT = "run `hhrec bundle` to write it anew"


@dataclass(frozen=True)
class BundleManifest:
    """What a bundle is.

    Attributes:
        bundle: Version of the layout.
        digest: Of all other files.
        files: Size of each, in bytes, by its path.
        vacancies: How many.
        fields: What is known of them; null without a catalogue.
        trained_until: Moment of the newest train event, ISO 8601; null where there is none.
        numbers: What belongs to the arrays.
        packages: Versions that it was written with.
    """

    bundle: int
    digest: str
    files: Mapping[str, int]
    vacancies: int
    fields: list[str] | None
    trained_until: str | None
    numbers: Mapping[str, Any]
    packages: Mapping[str, str]


def write(
    directory: Path,
    *,
    vacancies: int,
    fields: list[str] | None,
    trained_until: str | None,
    numbers: Mapping[str, Any],
) -> BundleManifest:
    """Describe a directory whose other files are all written."""
    found = marks(directory)
    made = BundleManifest(
        VERSION,
        digest(found),
        {name: mark.size for name, mark in found.items()},
        vacancies,
        fields,
        trained_until,
        numbers,
        packages(),
    )
    text = json.dumps(asdict(made), indent=1, ensure_ascii=False) + "\n"
    (directory / BUNDLE_FILE).write_text(text, encoding="utf-8")
    return made


def read(directory: Path) -> BundleManifest:
    """Read what a bundle says, and check that its files are there, each of its size.

    Raises:
        MissingInputError: Nothing says that it is a bundle.
        HhrecError: It is of another version, or not whole.
    """
    file = directory / BUNDLE_FILE
    if not file.is_file():
        raise MissingInputError(f"{directory}: no bundle: {BUNDLE_FILE} is missing", HINT)
    try:
        with file.open(encoding="utf-8") as stream:
            made = json_text.parsed(BundleManifest, stream.read(LARGEST))
    except (OSError, ValueError, TypeError) as error:
        raise HhrecError(f"{file}: not readable ({error})", HINT) from error
    if made.bundle != VERSION:
        raise HhrecError(
            f"{file}: a bundle of version {made.bundle}, expected {VERSION}",
            "open it with the hhrec that wrote it, or run `hhrec bundle` anew",
        )
    found = {name: size for name, size in sizes(directory).items() if name != BUNDLE_FILE}
    wrong = [name for name, size in made.files.items() if found.get(name) != size]
    if wrong:
        raise HhrecError(
            f"{directory}: not whole: {wrong[0]}: expected {made.files[wrong[0]]:,} bytes, found "
            f"{found.get(wrong[0], 'nothing')}",
            HINT,
        )
    return made
