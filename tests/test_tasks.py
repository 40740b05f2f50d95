"""Tasks keep their ids, come back as sheets, and are told by area and shift, never by unit."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from patrolgeo import make_tasks, read_reports, read_tasks, task_shares, write_tasks
from patrolgeo.errors import AlignmentError, DataError, MissingColumnError

STOPS = pd.DataFrame({
    "unit": [1, 1, 2, 2], "order": [1, 2, 1, 2], "place": ["=market", "school", "school", "mill"],
    "area": ["North", "North", "South", "South"], "shift": ["day", "night", "day", "night"],
    "arrive": [0.0, 20.0, 5.0, 40.0], "leave": [12.0, 32.0, 17.0, 52.0],
})  # fmt: skip
POSTS = gpd.GeoDataFrame({"name": ["gate"], "shift": ["day"]}, geometry=gpd.points_from_xy([119.9], [31.7]), crs=4326)


def made(day="2025-01-06 14:00"):
    return make_tasks({"stop": STOPS, "post": POSTS}, day=day)


def test_an_id_is_made_of_what_the_task_says():
    tasks = made()
    assert tasks["task"].is_unique
    assert tasks["task"].str.fullmatch(r"[SP]-[A-Z2-7]{10}").all()
    alone = make_tasks({"stop": STOPS.iloc[::-1]}, day="2025-01-06 14:00")
    assert set(alone["task"]) == set(tasks["task"][:4])  # whatever else is in the list, in whatever order
    assert not set(made("2025-01-07 14:00")["task"]) & set(tasks["task"])
    twice = make_tasks({"stop": pd.concat([STOPS, STOPS])}, day="2025-01-06")
    assert twice["task"].nunique() == 8
    rest = STOPS.assign(activity=["stop", "stop", "break", "stop"])
    assert len(make_tasks({"stop": rest}, day="2025-01-06 14:00")) == 3
    assert tasks["start"][1] == pd.Timestamp("2025-01-06 14:20")
    assert tasks[["lon", "lat"]].iloc[-1].tolist() == [119.9, 31.7]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sheet_goes_out_and_comes_back(tmp_path, ending, language):
    tasks = made()
    path = write_tasks(tasks, tmp_path / f"tasks.{ending}", language=language)
    if ending == "csv":
        assert "'=market" in path.read_text("utf-8-sig")  # no formula in a spreadsheet
    again = read_tasks(path)
    pd.testing.assert_series_equal(again["task"], tasks["task"], check_dtype=False)
    assert again["minutes"].fillna(0).tolist() == tasks["minutes"].fillna(0).tolist()
    assert (again["start"] == tasks["start"]).all()
    none = read_reports(path, again)
    assert none["issued"].all()
    assert not none[["taken", "reported", "done"]].any().any()


def test_answers_are_words_of_a_list_and_no_text_is_kept():
    tasks = made()
    ids = tasks["task"]
    came = pd.DataFrame({
        "task": [ids[0], ids[1], ids[2], ids[1], "S-NOBODY", None], "taken": ["yes", "是", "", "y", "yes", "yes"],
        "done": ["yes", "no", "perhaps", "否", "yes", "yes"], "minutes done": [11, None, None, 0, 5, 5],
        "activity": ["talk; 走访, search", None, "spoke to Mr Li", None, "talk", "talk"],
        "reason": [None, "weather", None, "called away", None, None], "officer": list("abcdef"),
    })  # fmt: skip
    reports, ledger = read_reports(came, tasks, return_ledger=True)
    assert ledger.set_aside == {"missing_task": 1, "unknown_task": 1, "repeated_task": 1}
    assert reports["done"].tolist() == [True, False, False, False, False]
    assert reports["reported"].tolist() == [True, True, False, False, False]
    assert reports["taken"].tolist() == [True, True, False, False, False]
    assert reports["activity"].fillna("-").tolist() == ["talk;search", "-", "other", "-", "-"]
    assert reports["reason"].fillna("-").tolist() == ["-", "called_away", "-", "-", "-"]
    assert {e.code for e in ledger.entries} >= {"persons_dropped", "strange_answer"}
    assert not reports.astype(str).apply(lambda c: c.str.contains("Li")).any().any()
    with pytest.raises(DataError, match="none of the 2 rows"):
        read_reports(came.iloc[4:], tasks)


def test_shares_by_area_and_shift_are_those_of_a_count_by_hand():
    rng = np.random.default_rng(0)
    n = 400
    start = pd.Timestamp("2025-01-08") + pd.to_timedelta(rng.integers(0, 14, n), "D")
    tasks = pd.DataFrame({"task": [f"S-{i}" for i in range(n)], "area": rng.choice(["N", "S"], n), "minutes": 12.0,
                          "shift": rng.choice(["day", "night"], n), "start": start})  # fmt: skip
    issued, taken, done = (rng.choice(words, n) for words in (["yes", "yes", "no"], ["yes", "no"], ["yes", "no", None]))
    said = pd.DataFrame({"task": tasks["task"], "issued": issued, "taken": taken, "done": done})
    reports = read_reports(said.sample(frac=1, random_state=1), tasks)
    told = task_shares(tasks, reports)
    rows = tasks.merge(said, on="task")
    out = rows[(rows["issued"] == "yes")]
    for (area, shift), part in out.groupby(["area", "shift"]):
        row = told.loc[(area, shift)]
        answered = part["done"].notna()
        assert (row["issued"], row["reported"]) == (len(part), answered.sum())
        assert row["taken"] == ((part["taken"] == "yes") | answered).sum()
        assert row["done_share"] == (part["done"] == "yes").sum() / len(part)
        assert row["done_low"] < row["done_share"] < row["done_high"]
    assert told["tasks"].sum() == n
    week = task_shares(tasks, reports, by=["week"])
    assert (week.index.day_of_week == 0).all()
    assert task_shares(tasks, reports, by=[])["tasks"].tolist() == [n]
    with pytest.raises(DataError, match="by='unit'"):
        task_shares(tasks, reports, by=["unit"])
    with pytest.raises(AlignmentError):
        task_shares(tasks, reports.iloc[5:])


def test_the_interval_is_that_of_wilson():
    from scipy.stats import binomtest

    tasks = pd.DataFrame({"task": [f"S-{i}" for i in range(40)]})
    came = read_reports(pd.DataFrame({"task": tasks["task"][:13], "done": "yes"}), tasks)
    told = task_shares(tasks, came, by=[]).iloc[0]
    known = binomtest(13, 40).proportion_ci(method="wilson")
    assert (told["done_low"], told["done_high"]) == pytest.approx((known.low, known.high))


def test_tasks_without_a_place_or_for_officers_are_refused(tmp_path):
    with pytest.raises(MissingColumnError, match="place, name or cell"):
        make_tasks({"stop": STOPS.drop(columns="place")})
    with pytest.raises(DataError, match="'person'"):
        make_tasks({"person": STOPS})
    with pytest.raises(DataError, match="never for officers"):
        write_tasks(made().assign(officer="x"), tmp_path / "tasks.csv")
    with pytest.raises(DataError, match=r"\.csv or \.xlsx"):
        write_tasks(made(), tmp_path / "tasks.doc")
