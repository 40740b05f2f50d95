"""The Monday brief: counts of the week, counted again; both languages; nothing in per cent."""

import json

import pandas as pd
import pytest

from patrolgeo import write_brief
from patrolgeo.errors import DataError
from watch_town import write_town


@pytest.fixture(scope="module")
def brief(tmp_path_factory):
    town = tmp_path_factory.mktemp("brief") / "town"
    write_town(town, weeks=80)
    told = write_brief(town / "plan.toml", town / "out", week="2024-05-01")
    return town, told


def test_the_counts_of_the_week_are_those_of_the_file(brief):
    town, told = brief
    rows = pd.read_csv(town / "base.csv", parse_dates=["time"])
    assert told["week"] == "2024-04-29"

    def counted(start, days):
        inside = rows["time"].between(start, pd.Timestamp(start) + pd.Timedelta(days=days), inclusive="left")
        return rows[inside]["category"].value_counts()

    for row in told["changes"]:
        assert row["now"] == counted("2024-04-29", 7)[row["category"]]
        assert row["before"] == counted("2024-04-22", 7)[row["category"]]
        assert row["year_ago"] == counted("2023-04-24", 21)[row["category"]]
    pages = [(town / "out" / name).read_text("utf-8") for name in ("brief.html", "brief.zh.html")]
    for page in pages:
        body = page[page.index("<body>") :]
        assert "%" not in body
        assert "2024-04-29" in body
    assert json.loads((town / "out" / "brief.json").read_text("utf-8")) == told


@pytest.mark.parametrize("week", ["some day", "2030-01-01", "1990-01-01"])
def test_a_week_without_records_is_refused(brief, week):
    with pytest.raises(DataError, match="week"):
        write_brief(brief[0] / "plan.toml", brief[0] / "none", week=week)
