"""A handful of vacancies, written as the raw files and the vocabulary have them."""

from pathlib import Path
from typing import Any

import polars as pl

from stages.core.schema import RAW_VACANCIES, VOCAB
from stages.features import stage as features
from stages.features.codebooks import load_tokenizer
from stages.params import Params

BLANK: dict[str, Any] = dict.fromkeys(RAW_VACANCIES)


def vacancy(vacancy_id: str | None, **values: Any) -> dict[str, Any]:
    """One raw row; `company_id=` stands for the column `company.id`."""
    dotted = {name.replace(".", "_"): name for name in RAW_VACANCIES}
    return {**BLANK, "vacancy_id": vacancy_id, **{dotted[name]: x for name, x in values.items()}}


VACANCIES = [
    vacancy(
        "v_1",
        name="Python-разработчик",
        company_id="c1",
        area_id="a1",
        area_regionId="r1",
        employment="full",
        keySkills_keySkill=[" SQL ", "Python", "python"],
        description="<p>Пишем <b>код</b></p><ul><li>SQL &amp; Python</li></ul>",
        compensation_from=100_000,
        compensation_to=200_000,
        compensation_currencyCode="RUR",
    ),
    vacancy("v_2", name="Водитель категории Е", company_id="c2", area_id="a1", employment="full"),
    vacancy("v_3", name="Водитель", company_id="c1", area_id="a2", compensation_from=50_000),
    vacancy("v_4", name="Python-разработчик", company_id="c3", area_id="a1", employment="part"),
    vacancy("v_5"),
]
IDS = ["v_3", "v_1", "v_2", "v_4", "v_5"]  # items 3, 4, 5, 6, 7


def write_catalogue(path: Path, rows: list[dict[str, Any]]) -> Path:
    pl.DataFrame(rows, schema=dict(RAW_VACANCIES)).write_parquet(path)
    return path


def write_vocab(path: Path, ids: list[str]) -> Path:
    columns = {"vacancy_id": ids, "item": range(3, 3 + len(ids))}
    rest = {"count": [1] * len(ids), "trained": [True] * len(ids)}
    pl.DataFrame({**columns, **rest}, schema=dict(VOCAB)).write_parquet(path)
    return path


def build(
    where: Path, rows: list[dict[str, Any]], ids: list[str], slice_items: int = 100, **kept: Any
) -> tuple[pl.DataFrame, features.FeaturesReport]:
    """Run the stage in a directory; `books=` is passed on, the rest are parameters."""
    where.mkdir(exist_ok=True)
    books = kept.pop("books", None)
    report = features.run(
        Params.model_validate({"features": kept}),
        vacancies=write_catalogue(where / "vacancies.parquet", rows),
        vocab=write_vocab(where / "vocab.parquet", ids),
        out=where / "features",
        books=books,
        slice_items=slice_items,
    )
    return pl.read_parquet(where / "features/items/*.parquet"), report


def content(directory: Path) -> dict[str, bytes]:
    files = (path for path in sorted(directory.rglob("*")) if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


def words(where: Path, tokens: list[int]) -> str:
    tokenizer = load_tokenizer(where / "features/books")
    return "".join(tokenizer.id_to_token(token) for token in tokens).replace("▁", " ").strip()
