"""Fraud that is recorded at stations has no patrol place, also in a week's file that is too short to show it."""

import pandas as pd
import pytest

from patrolgeo import run_watch, write_brief
from watch_town import RISE_WEEK, records, shown, write_town

STATION = (107.03, 23.03)


def fraud(start, n, prefix):
    times = pd.date_range(start, periods=n, freq="11h")
    rows = pd.DataFrame({"time": times, "category": "fraud", "lon": STATION[0], "lat": STATION[1], "updated": times,
                         "status": "open", "id": [f"{prefix}{k}" for k in range(n)]})  # fmt: skip
    return shown(rows)


@pytest.fixture
def town(tmp_path):
    """A base file whose fraud stands on one point, and two files of a week with three more of it."""
    write_town(tmp_path, weeks=70)
    base = pd.read_csv(tmp_path / "base.csv", parse_dates=["time"])
    pd.concat([base, fraud("2024-01-01", 60, "f")]).to_csv(tmp_path / "base.csv", index=False)
    week = records(70, 6, 0).query("time >= @RISE_WEEK", local_dict={"RISE_WEEK": pd.Timestamp(RISE_WEEK)})
    parts = {"w1.csv": shown(week.iloc[::2]), "w2.csv": pd.concat([shown(week.iloc[1::2]), fraud(RISE_WEEK, 3, "g")])}
    return tmp_path, parts


def test_it_is_neither_warned_of_nor_told_in_the_brief_whatever_comes_first(town):
    folder, parts = town
    base = (folder / "base.csv").read_bytes()
    for turn, order in enumerate((["base", *parts], ["w2.csv", "w1.csv", "base"])):
        out = folder / f"out{turn}"
        for path in (folder / "inbox").iterdir():
            path.unlink()
        (folder / "base.csv").write_bytes(b"".join(base.splitlines(keepends=True)[:2]))
        for name in order:
            if name == "base":
                (folder / "base.csv").write_bytes(base)
            else:
                parts[name].to_csv(folder / "inbox" / name, index=False)
            run_watch(folder / "plan.toml", out)
        alerts = pd.read_csv(out / "alerts.csv", keep_default_na=False)
        assert len(alerts)
        assert "fraud" not in set(alerts["what"])
        told = write_brief(folder / "plan.toml", folder / "brief", week=RISE_WEEK, watch=out)
        assert {row["category"] for row in told["changes"]} == {"burglary", "theft"}
        assert turn == 0 or (out / "alerts.csv").read_bytes() == (folder / "out0" / "alerts.csv").read_bytes()
