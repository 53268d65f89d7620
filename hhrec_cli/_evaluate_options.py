"""Which options of `hhrec evaluate` go together."""

from pathlib import Path

from stages.interface.errors import UsageError


def refuse_unused(
    predictions: Path | None,
    validation_predictions: Path | None,
    compare: tuple[Path, Path] | None,
    baselines: str | None,
    part: str | None,
) -> None:
    """Refuse options that the others leave without a use.

    Raises:
        UsageError: It names the option.
    """
    one = predictions if validation_predictions is None else None
    if compare is not None and (predictions or validation_predictions or baselines is not None):
        raise UsageError(
            "--compare takes neither --predictions, --validation-predictions nor --baselines",
            "name the two files only: --compare A.parquet B.parquet",
        )
    if one is not None and baselines is not None:
        raise UsageError(
            "--baselines stand beside the model; --predictions alone scores one file",
            "leave --baselines out, or --compare the file with a baseline's predictions",
        )
    if part is not None and one is None and compare is None:
        raise UsageError(
            "--part says whose rows one file or two are; beside the baselines both parts are scored",
            f"leave --part out, or name the file: --predictions FILE --part {part}",
        )
