"""A small town: what changed since an earlier plan is told, noise is called noise, absent people are not spoken of."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from patrolgeo import run_plan
from patrolgeo.errors import DataError
from patrolgeo.pipeline.earlier import matched
from patrolgeo.pipeline.kept import names_of_today
from town import write_town


def test_a_corner_that_turned_hot_is_a_new_hot_spot_and_more_than_noise(tmp_path):
    out = tmp_path / "out"
    assert run_plan(write_town(tmp_path, 40), out)["since"] is None
    told = run_plan(write_town(tmp_path, 52, hot_from=40), out)["since"]
    assert told["last"].startswith("2023-10-08")
    assert [spot["more_than_noise"] for spot in told["spots"]["new"]] == [True]
    assert told["spots"]["new"][0]["ratio"] > 2
    assert told["areas"]["people"] == pytest.approx(told["areas"]["people"])
    assert 0 <= told["areas"]["cells_share"] <= 1


def test_the_same_data_change_nothing_and_nothing_is_needed(tmp_path):
    plan = write_town(tmp_path, 40)
    run_plan(plan, tmp_path / "first")
    plan.write_text('previous = "first"\n' + plan.read_text())
    told = run_plan(plan, tmp_path / "second")["since"]
    assert told["areas"]["cells"] == 0
    assert not told["areas"]["needed"]
    assert told["sites"]["added"] == told["sites"]["dropped"] == []
    assert not told["sites"]["needed"]
    assert told["spots"]["new"] == told["spots"]["gone"] == []


def test_a_folder_without_a_plan_is_named(tmp_path):
    plan = write_town(tmp_path, 40)
    (tmp_path / "empty").mkdir()
    plan.write_text('previous = "empty"\n' + plan.read_text())
    with pytest.raises(DataError, match=r"previous = .*empty holds no plan: summary.json"):
        run_plan(plan, tmp_path / "out")


def test_other_numbers_of_the_same_areas_are_no_change():
    old = pd.Series([1, 1, 2, 2, 3, 3])
    new = old.map({1: 3, 2: 1, 3: 2})
    assert matched(old, new, pd.Series(1.0, index=old.index)) == {1: 3, 2: 1, 3: 2}


def test_without_people_nothing_is_said_of_them(tmp_path):
    plan = write_town(tmp_path, 40)
    text = plan.read_text().replace('[population]\nfile = "people.csv"\n', "")
    plan.write_text(text.replace("n = 3\n", "n = 3\nworkload = {risk = 0.8, area = 0.2}\n"))
    summary = run_plan(plan, tmp_path / "out")
    assert set(summary["risk"]["naive"]) == {"past_counts", "area"}
    assert summary["hotspots"]["exposure"] == "area"
    plan.write_text(plan.read_text().replace("origins = 4", 'origins = 4\nmodel = "population"'))
    with pytest.raises(DataError, match=r"analysis.model = .population. needs \[population\]"):
        run_plan(plan, tmp_path / "again")


def with_category(plan, column, values):
    table = pd.read_csv(plan.parent / "incidents.csv")
    table[column] = np.resize(values, len(table))
    table.to_csv(plan.parent / "incidents.csv", index=False)
    return table


@pytest.mark.parametrize(
    "kind", ["domestic violence", "petition", "家庭暴力", "11A", "Offenses Against Family and Children"]
)
def test_a_refused_or_sensitive_category_is_refused_when_named(tmp_path, kind):
    plan = write_town(tmp_path, 30)
    with_category(plan, "category", ["theft", kind])
    plan.write_text(plan.read_text().replace("origins = 4", f"origins = 4\ncategories = [{kind!r}]"))
    with pytest.raises(DataError, match=r"is not (forecast|counted)"):
        run_plan(plan, tmp_path / "out")


def test_sensitive_and_officer_made_kinds_leave_no_trace_on_cells_and_are_accounted_for(tmp_path):
    plan = write_town(tmp_path, 40)
    table = with_category(
        plan, "category", ["theft", "theft", "rape", "Narcotic / Drug Law Violations", "protest march"]
    )
    summary = run_plan(plan, tmp_path / "out")
    told, rows = summary["incidents"], table["category"].value_counts()
    assert told["counted"] + sum(told["not_counted"].values()) == told["kept"] == len(table)
    assert told["not_counted"]["sensitive_kind"] == rows["rape"]
    assert told["not_counted"]["refused_kind"] == rows["protest march"]
    assert told["not_counted"]["officer_kind"] == rows["Narcotic / Drug Law Violations"]
    assert told["sensitive_by_township"] == {"rape": {"all": rows["rape"]}}
    cells = gpd.read_parquet(tmp_path / "out" / "cells.parquet")
    assert cells["incidents"].sum() == told["counted"]
    assert cells["officer_records"].sum() == rows["Narcotic / Drug Law Violations"]
    for file in ("hot_spots.geojson", "plan.html"):
        text = (tmp_path / "out" / file).read_text(encoding="utf-8")
        assert "rape" not in text.lower()
        assert "protest march" not in text


def test_the_user_says_which_kinds_officers_make(tmp_path):
    plan = write_town(tmp_path, 40)
    rows = with_category(plan, "category", ["theft", "noise", "drug offence"])["category"].value_counts()
    plan.write_text(
        plan.read_text().replace('file = "incidents.csv"', 'file = "incidents.csv"\nofficer_kinds = ["noise"]')
    )
    told = run_plan(plan, tmp_path / "out")["incidents"]
    assert told["not_counted"]["officer_kind"] == rows["noise"]
    assert told["officer_kinds"] == {"noise": rows["noise"]}


def test_where_records_say_who_started_them_kinds_do_not_decide(tmp_path):
    plan = write_town(tmp_path, 40)
    with_category(plan, "category", ["theft", "drug offence"])
    with_category(plan, "origin", ["citizen", "citizen", "officer"])
    told = run_plan(plan, tmp_path / "out")["incidents"]
    assert set(told["not_counted"]) <= {"officer_initiated", "unfinished_period"}
    assert told["not_counted"]["officer_initiated"] > 0


def test_numbers_of_districts_are_called_by_a_word_not_by_a_column():
    districts = gpd.GeoDataFrame(
        {"dist_numc": ["09", "12"]}, geometry=gpd.points_from_xy([119.9, 119.95], [31.7, 31.7]), crs="EPSG:4326"
    )
    assert names_of_today(districts).tolist() == ["district 09", "district 12"]
    assert names_of_today(districts.rename(columns={"dist_numc": "precinct"})).tolist() == [
        "precinct 09",
        "precinct 12",
    ]
    assert names_of_today(districts.rename(columns={"dist_numc": "num"})).tolist() == ["num 09", "num 12"]
