"""Files and times of any notation."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from stages.data import import_log
from stages.data.formats import Flat
from stages.data.row_validation import EventLog
from stages.interface.errors import HhrecError
from tests.worlds.event_log import NAMES, write_log


@pytest.mark.parametrize("shape", ["tsv", "parquet", "jsonl", "nested", "csv.gz"])
def test_every_format_gives_the_same_files(tmp_path: Path, shape: str) -> None:
    import_log.run(write_log(tmp_path), out=tmp_path / "csv")
    frame = pl.read_csv(tmp_path / "log.csv", infer_schema=False)
    file = tmp_path / f"other.{shape if shape != 'nested' else 'jsonl'}"
    if shape == "tsv":
        frame.write_csv(file, separator="\t")
    elif shape == "parquet":
        frame.write_parquet(file)
    elif shape == "jsonl":
        frame.write_ndjson(file)
    elif shape == "csv.gz":
        import gzip

        file.write_bytes(gzip.compress((tmp_path / "log.csv").read_bytes()))
    else:
        frame.group_by("user_id").agg(events=pl.struct(pl.exclude("user_id"))).write_ndjson(file)
    flat = Flat(file, nested="events" if shape == "nested" else None)
    import_log.run(EventLog(flat, action="kind", actions=NAMES), out=tmp_path / "out")
    for name in import_log.FILES:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "csv" / name).read_bytes()


@pytest.mark.parametrize("times", [pl.Datetime("ns"), pl.Datetime("us", "Europe/Moscow"), pl.Date])
def test_parquet_times_and_numeric_ids_are_read(
    tmp_path: Path, times: pl.DataType | type[pl.DataType]
) -> None:
    days = [datetime(2024, 1, day) for day in (1, 2, 3)]  # noqa: DTZ001
    frame = pl.DataFrame({"user_id": [7.0, 7.0, 7.0], "item_id": [1, 2, 3], "timestamp": days})
    frame.with_columns(pl.col("timestamp").cast(times)).write_parquet(tmp_path / "log.parquet")
    import_log.run(EventLog(Flat(tmp_path / "log.parquet")), out=tmp_path / "out")
    test = pl.read_parquet(tmp_path / "out" / "test.parquet").row(0, named=True)
    assert (test["user_id"], test["vacancy_id"], test["action_dt"]) == ("7", ["2"], [days[1]])


MOMENT = datetime(2024, 5, 6, 7, 8, 9, 123000)  # noqa: DTZ001
MINUTE = MOMENT.replace(second=0, microsecond=0)


@pytest.mark.parametrize(
    ("text", "written", "moment"),
    [
        ("2024-05-06T07:08:09.123Z", "auto", MOMENT),
        ("2024-05-06 10:08:09.123+03:00", "auto", MOMENT),
        ("2024-05-06 07:08:09.123 UTC", "auto", MOMENT),
        ("2024-05-06 10:08:09.123+03", "auto", MOMENT),
        ("2024-05-06 02:08:09.123 -05", "iso", MOMENT),
        ("2024-05-06 12:38:09.123+0530", "auto", MOMENT),
        ("2024-05-06 10:08:09.123+03", "%Y-%m-%d %H:%M:%S%.f%#z", MOMENT),
        ("2024-05-06 10:08:09.123+03:00", "%Y-%m-%d %H:%M:%S%.f%:::z", MOMENT),
        ("2024-05-06T10:08:09.123+03:00", "%+", MOMENT),
        ("2024-05-06 07:08", "auto", MINUTE),
        ("2024-05-06T07:08Z", "auto", MINUTE),
        ("2024-05-06T10:08+03:00", "auto", MINUTE),
        ("2024-05-06 10:08+03", "auto", MINUTE),
        ("2024-05-06", "auto", datetime(2024, 5, 6)),  # noqa: DTZ001
        ("1714979289.123", "auto", MOMENT),
        ("1714979289123", "auto", MOMENT),
        ("1714979289123000", "auto", MOMENT),
        ("1714979289123000000", "auto", MOMENT),
        ("1714979", "ms", datetime(1970, 1, 1, 0, 28, 34, 979000)),  # noqa: DTZ001
        ("06.05.2024 07:08", "%d.%m.%Y %H:%M", MINUTE),
        ("06.05.2024", "%d.%m.%Y", datetime(2024, 5, 6)),  # noqa: DTZ001
    ],
)
def test_times_of_any_notation(tmp_path: Path, text: str, written: str, moment: datetime) -> None:
    lines = "".join(f"u,{item},{text}\n" for item in "abc")
    log = write_log(
        tmp_path, f"user_id,item_id,timestamp\n{lines}", action=None, time_format=written
    )
    import_log.run(log, out=tmp_path / "out")
    assert pl.read_parquet(tmp_path / "out" / "test.parquet")["action_dt"][0].to_list() == [moment]


def test_a_time_beyond_the_calendar_is_rejected(tmp_path: Path) -> None:
    text = "user_id,item_id,timestamp\nu,a,1\nu,b,2\nu,c,3\nu,d,1e300\nu,e,-99999999999\n"
    report = import_log.run(write_log(tmp_path, text, action=None), out=tmp_path / "out")
    assert report.rejected == {"unreadable_time": 2}


@pytest.mark.parametrize(
    ("name", "content", "flat", "says"),
    [
        ("a.csv", b"", {}, "not readable"),
        ("a.csv", b"user_id,item_id,timestamp\n1,\xff\xfe,3\n", {}, "not readable"),
        ("a.csv", b"user_id,item_id,timestamp\n1,2,3,4,5\n", {}, "not readable"),
        ("a.csv", b"user_id;item_id;timestamp\n", {}, "found user_id;item_id;timestamp"),
        ("a.parquet", b"PAR0", {}, "not readable"),
        ("a.jsonl", b"{broken\n", {}, "not JSON lines"),
        (
            "a.jsonl",
            b'{"user_id": 1}\n',
            {"nested": "events"},
            "no column `events` .*; found user_id",
        ),
        ("a.dat", b"", {}, "unknown by its suffix"),
        ("a.csv", b"a\n", {"nested": "events"}, "goes with JSON lines"),
        ("a.jsonl", b"{}\n", {"separator": ";"}, "goes with csv and tsv"),
        ("a.csv", b"user_id,item_id,timestamp\n", {}, "none of 0 rows"),
    ],
)
def test_broken_files_give_one_message(
    tmp_path: Path, name: str, content: bytes, flat: dict[str, str], says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(HhrecError, match=says):
        import_log.run(EventLog(Flat(tmp_path / name, **flat)), out=tmp_path / "out")  # type: ignore[arg-type]
