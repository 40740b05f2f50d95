"""A trial comes out again to the byte; its numbers are recomputed from the rows it keeps, its pages from those."""

import io
import json
import re
import shutil

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest

import patrolgeo as pg
from patrolgeo.command.main import main
from patrolgeo.errors import DataError, MissingFileError
from patrolgeo.words.messages import load_words
from study_town import same_bytes, write_study_town

TRIAL = """
title = "Town"
area = "area.geojson"
units = "h3:8"
synthetic = true
[incidents]
file = "incidents.csv"
[design]
registered = "2023-03-20"
start = "2023-04-03"
end = "2023-05-14"
n = 6
before_weeks = 12
rings_m = [1000]
[routes]
shift_minutes = 240
[rehearsal]
cut = 0.5
done = 0.7
[cost]
per_hour = 100
currency = "CNY"
value = 2000
[[curves]]
what = "post"
file = "posts.csv"
unit = "calls"
cost = 900
[[curves]]
what = "area"
file = "areas.csv"
number = "n"
gain = "mean_minutes"
better = "less"
unit = "minutes"
cost = 100
[[measures]]
measure = "lights"
cost = 20000
effect = -30
standard_error = 9
[[measures]]
measure = "<b>leaflets"
cost = 500
effect = 3
standard_error = 10
"""
POSTS, AREAS = [(1, 50), (2, 70), (4, 76), (5, 76)], [(4, 9.5), (3, 12.0)]
STEPS = [("post", 2, 20, 45), ("post", 4, 3, 300), ("post", 5, 0, None), ("area", 4, 2.5, 40)]  # by hand


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    write_study_town(folder)
    (folder / "trial.toml").write_text(TRIAL, encoding="utf-8")
    pd.DataFrame(POSTS, columns=["n_sites", "value"]).to_csv(folder / "posts.csv", index=False)
    pd.DataFrame(AREAS, columns=["n", "mean_minutes"]).to_csv(folder / "areas.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def done(town):
    pg.run_trial(town / "trial.toml", town / "done", bundle=True)
    return town / "done"


@pytest.fixture(scope="module")
def summary(done):
    return json.loads((done / "summary.json").read_text(encoding="utf-8"))


def weeks_of(done):
    """Return counts by week and cell of the rows that the trial keeps, before anything was planted."""
    rows = pd.read_parquet(done / "data" / "incidents.parquet")
    rows["cell"] = [h3.latlng_to_cell(lat, lon, 8) for lon, lat in zip(rows["lon"], rows["lat"], strict=True)]
    rows["week"] = rows["time"].dt.normalize() - pd.to_timedelta(rows["time"].dt.day_of_week, unit="D")
    return rows


def test_it_comes_out_again_from_its_folder_and_its_bundle(done, capsys):
    assert main(["trial", "--verify", str(done)]) == 0
    assert "came out again" in capsys.readouterr().out
    pg.run_trial(done / "bundle.zip", done.parent / "again")
    same_bytes(done, done.parent / "again")


def test_a_trial_of_some_kinds_keeps_its_promise_from_the_bundle(town):
    text = TRIAL.replace('file = "incidents.csv"', 'file = "incidents.csv"\ncategories = ["theft"]')
    (town / "kinds.toml").write_text(text, encoding="utf-8")
    told = pg.run_trial(town / "kinds.toml", town / "kinds", bundle=True)
    assert told["promise"]["outcome"] == ["theft"]
    assert set(pd.read_parquet(town / "kinds" / "data" / "incidents.parquet")["category"]) == {"theft"}
    again = pg.verify_trial(town / "kinds")
    assert again["same"].all()
    pg.run_trial(town / "kinds" / "bundle.zip", town / "kinds_again")
    same_bytes(town / "kinds", town / "kinds_again")


def test_a_trial_that_was_altered_does_not_verify(done, town):
    other = town / "altered"
    shutil.copytree(done, other, dirs_exist_ok=True)
    rows = pd.read_parquet(other / "data" / "incidents.parquet")
    rows.iloc[:-1].to_parquet(other / "data" / "incidents.parquet", index=False)
    with pytest.raises(DataError, match="altered"):
        pg.verify_trial(other)


@pytest.mark.check
def test_a_number_that_was_altered_is_counted(done, town):
    other = town / "other"
    numbers = json.loads((done / "summary.json").read_text())
    numbers["effect"]["effect"] += 0.01
    shutil.copytree(done, other, dirs_exist_ok=True)
    (other / "summary.json").write_text(json.dumps(numbers))
    assert pg.verify_trial(other).loc["summary.json", "differ"] == 1


def test_lots_are_drawn_on_the_past_and_stops_go_to_treated_places_only(done, summary):
    promise = summary["promise"]
    rows = weeks_of(done)
    known = rows[(rows["time"] >= "2023-01-09") & (rows["time"] < "2023-03-20")]
    counts = known["cell"].value_counts()
    drawn = [*promise["treated"], *promise["control"]]
    assert len(set(drawn)) == 12
    assert counts.reindex(drawn).min() >= counts.drop(drawn).max()
    stops = pd.read_csv(done / "tables" / "stops.csv")
    assert set(stops["place"]) <= set(promise["treated"])
    assert stops["day"].min() == promise["start"]
    assert stops["day"].max() == promise["end"]


def test_the_effect_is_the_ratio_of_ratios_of_what_is_left(done, summary):
    """All incidents but the planted ones are in the kept rows; the planted number must make up the difference."""
    rows, effect = weeks_of(done), summary["effect"]
    arms = {arm: rows[rows["cell"].isin(summary["promise"][arm])] for arm in ("treated", "control")}
    spans = (("2023-01-09", "2023-04-03", 12), ("2023-04-03", "2023-05-15", 6))
    n = {
        arm: [((r["week"] >= first) & (r["week"] < end)).sum() / weeks for first, end, weeks in spans]
        for arm, r in arms.items()
    }
    ratio = n["control"][0] / n["control"][1] / n["treated"][0]
    left = (1 + effect["effect"]) / ratio * 6
    assert left == pytest.approx(round(left))
    later = (arms["treated"]["week"] >= "2023-05-15").sum()
    assert 0 <= summary["rehearsal"]["taken_out"] - (n["treated"][1] * 6 - left) <= later
    assert effect["low"] < effect["effect"] < effect["high"]
    assert effect["prevented"]["value"] == pytest.approx(left / (1 + effect["effect"]) - left)


def test_costs_follow_from_hours_and_effect(summary):
    hours, cost, prevented = summary["stops"]["delivered"], summary["cost"], summary["effect"]["prevented"]
    assert hours["control"] == 0
    assert hours["all"] == pytest.approx(0.7 * summary["stops"]["hours"], rel=0.1)
    assert cost["cost"] == pytest.approx(100 * hours["all"])
    assert cost["per_incident"] == pytest.approx(cost["cost"] / prevented["value"])
    assert cost["low"] == pytest.approx(cost["cost"] / prevented["high"])
    assert cost["unbounded"] == (prevented["low"] <= 0)
    assert cost["benefit"] == pytest.approx(2000 * prevented["value"])


def test_what_one_more_buys_is_that_of_the_curves(done, summary):
    told = [(row["what"], row["number"], row["more"], row["cost"]) for row in summary["next_steps"]]
    assert told == STEPS
    table = pd.read_csv(done / "tables" / "next_steps.csv")
    assert table["cost"].tolist() == [45, 300, np.inf, 40]
    assert table["value"].tolist() == [70, 76, 76, 9.5]
    hour, hours, prevented = summary["next_hour"], summary["stops"]["delivered"], summary["effect"]["prevented"]
    for name, value in prevented.items():
        assert hour[name] == pytest.approx(value / (hours["treated"] - hours["control"]))


def test_the_year_holds_the_trial_and_the_other_measures_cheapest_first(summary):
    year = {row["measure"]: row for row in summary["year"]}
    prices = [row["per_incident"] for row in summary["year"] if row["per_incident"] is not None]
    assert prices == sorted(prices)
    half = 1.959964 * 9
    lights = [20000 / 30, 20000 / (30 + half), 20000 / (30 - half)]
    assert [year["lights"][name] for name in ("per_incident", "low", "high")] == pytest.approx(lights)
    assert year["lights"]["said"] == "fewer"
    leaflets = year["<b>leaflets"]
    assert (leaflets["per_incident"], leaflets["high"], leaflets["said"]) == (None, None, "no evidence")
    assert leaflets["low"] == pytest.approx(500 / (1.959964 * 10 - 3))
    cost = summary["cost"]
    assert [year["Town"][name] for name in ("cost", "per_incident", "low", "high")] == [
        cost["cost"], cost["per_incident"], cost["low"], cost["high"]
    ]  # fmt: skip
    assert year["Town"]["said"] == summary["effect"]["finding"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pages_say_what_one_more_buys_and_the_year(done, summary, language):
    from patrolgeo.pages.edition import Edition
    from patrolgeo.pages.trial.report import write_trial_report

    page = write_trial_report(done.parent / f"next_{language}.html", summary, Edition("Town", language=language))
    text, words = page.read_text(encoding="utf-8"), load_words(language)
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in re.findall(r"<tr>(.*?)</tr>", text, re.S)]
    assert ["post", "2", "70 calls", "20 calls", "45"] in rows
    assert ["post", "5", "76 calls", "0 calls", "–"] in rows
    assert ["area", "4", "9.5 minutes", "2.5 minutes", "40"] in rows
    assert ["lights", "20,000", "30", "667", "420 – 1,618", words["trial_said_fewer"]] in rows
    end = words["trial_no_end"]
    assert ["&lt;b&gt;leaflets", "500", "-3", "–", f"30.1 – {end}", words["trial_said_no_evidence"]] in rows
    assert words["trial_next"] in text
    assert words["trial_year"] in text
    assert f"{summary['next_hour']['value']:.3g}" in text
    none = write_trial_report(
        done.parent / "none.html", summary | {"next_hour": None, "next_steps": [], "year": []}, Edition("Town")
    )
    assert load_words("en")["trial_next"] not in none.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pages_say_the_numbers_of_the_summary(done, summary, language):
    from patrolgeo.pages.edition import Edition
    from patrolgeo.pages.trial.report import write_trial_report

    page = write_trial_report(done.parent / f"{language}.html", summary, Edition("Town", language=language))
    text = re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8"))
    effect, cost, words = summary["effect"], summary["cost"], load_words(language)
    for value in (effect["effect"], effect["low"], effect["high"], effect["rings"][0]["effect"]):
        assert f"{value:+.1%}".replace("-", "−") in text
    assert f"{cost['cost']:,.0f}" in text
    assert f"{cost['per_incident']:,.0f}" in text or cost["per_incident"] < 100
    for key in ("trial_worked", "trial_cost", "trial_promised", "trial_beside_first"):
        assert words[key] in text
    ring = words["trial_ring_to"].replace("{far:g}", "1000")
    treated = words["trial_treated"] + (":" if language == "en" else "：")
    assert text.index(ring) < text.index(treated)
    hostile = write_trial_report(done.parent / "hostile.html", summary, Edition("<script>alert(1)</script>"))
    assert "<script>alert" not in hostile.read_text(encoding="utf-8")
    assert "no effect" not in text.lower()
    assert "没有效果" not in text
    if effect["finding"] == "no evidence":
        assert words["trial_no_evidence"] in text


@pytest.fixture(scope="module")
def held(town, done):
    path = town / "held.toml"
    copy = town / "earlier.json"
    copy.write_bytes((done / "registration.json").read_bytes())
    path.write_text(TRIAL.replace('units = "h3:8"', 'units = "h3:8"\nregistration = "earlier.json"'), encoding="utf-8")
    path.write_text(path.read_text().replace("rings_m = [1000]", "rings_m = [1500]"), encoding="utf-8")
    return pg.run_trial(path, town / "held")


def test_a_registration_holds_the_run_to_it(held, town):
    broken = {row["name"] for row in held["kept_promises"] if not row["kept"]}
    assert broken == {"rings_m"}  # and all others were kept
    assert "rings_m" in (town / "held" / "report.html").read_text(encoding="utf-8")


@pytest.mark.check
def test_a_run_that_was_held_to_its_registration_comes_out_again(held, town):
    assert (pg.verify_trial(town / "held")["differ"] == 0).all()


def test_before_the_end_there_are_lots_and_stops_and_no_effect(town, tmp_path):
    path = town / "early.toml"
    text = (
        TRIAL.replace("2023-05-14", "2023-07-23")
        .replace("2023-04-03", "2023-06-19")
        .replace("2023-03-20", "2023-06-12")
    )
    path.write_text(text, encoding="utf-8")
    summary = pg.run_trial(path, tmp_path / "early")
    assert summary["effect"] is None
    assert summary["cost"] is None
    assert len(summary["promise"]["treated"]) == 6


@pytest.mark.check
def test_a_log_gives_the_dose_and_controls_count_too(town, tmp_path):
    promise = json.loads((town / "done" / "registration.json").read_text())["promise"]
    rows = []
    for k, cell in enumerate([*promise["treated"], promise["control"][0]]):
        lat, lon = h3.cell_to_latlng(cell)
        rows.append(
            {
                "unit": "P1",
                "start": f"2023-04-1{k % 9} 0{k}:00",
                "end": f"2023-04-1{k % 9} 0{k}:30",
                "lon": lon,
                "lat": lat,
            }
        )
    pd.DataFrame(rows).to_csv(town / "log.csv", index=False)
    path = town / "log.toml"
    text = TRIAL.replace("[rehearsal]\ncut = 0.5\ndone = 0.7\n", '[delivered]\nfile = "log.csv"\n')
    path.write_text(text, encoding="utf-8")
    summary = pg.run_trial(path, tmp_path / "log")
    assert summary["stops"]["delivered"] == pytest.approx({"treated": 3.0, "control": 0.5, "all": 3.5})


@pytest.mark.parametrize(("old", "new", "message"), [
    ('start = "2023-04-03"', 'start = "2023-04-04"', "no Monday"),
    ('registered = "2023-03-20"', 'registered = "2023-04-20"', "follow each other"),
    ("n = 6", 'n = 6\ncompare = "before-after"', "plain before-after comparison is refused"),
    ("n = 6", "n = 60", "were wanted"),
    ("n = 6", "n = 6\nnn = 3", "unknown key"),
    ("before_weeks = 12", "before_weeks = 40", "records begin"),
    ("rings_m = [1000]", "rings_m = [1000, 500]", "must rise"),
    ("[cost]", '[delivered]\nfile = "incidents.csv"\n[cost]', "rehearsal"),
    ('"2023-05-14"', '"soon"', "must be a day"),
    ('units = "h3:8"', 'units = "counties"', "must be such as"),
    ('number = "n"', 'number = "areas"', r"area: areas.csv lacks the column\(s\) areas; it has: n, mean_minutes"),
    ('file = "posts.csv"', 'file = "none.csv"', "curve of 'post'"),
    ('file = "posts.csv"', 'file = "incidents.csv"\nnumber = "category"\ngain = "lon"', "must be numbers in every row"),
    ('file = "posts.csv"', 'file = "incidents.csv"\nnumber = "lon"\ngain = "lat"', "each lon once"),
    ("standard_error = 9", "standard_error = 0", "standard_error"),
])  # fmt: skip
def test_a_bad_trial_file_is_told_and_leaves_nothing(town, tmp_path, old, new, message):
    path = town / "bad.toml"
    path.write_text(TRIAL.replace(old, new, 1), encoding="utf-8")
    with pytest.raises((DataError, MissingFileError, pg.InfeasibleError), match=message):
        pg.run_trial(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_line_tells_what_is_missing(capsys, tmp_path):
    assert main(["trial"]) == 2
    assert "name the trial" in capsys.readouterr().err
    assert main(["trial", str(tmp_path / "none.toml")]) == 2
    with pytest.raises(MissingFileError):
        pg.verify_trial(tmp_path / "none")
    with pytest.raises(DataError, match="is a file"):
        (tmp_path / "x").write_text("")
        pg.verify_trial(tmp_path / "x")


@pytest.mark.check
def test_the_trial_of_the_sample_county_runs_end_to_end(tmp_path):
    folder = pg.sample_folder()
    assert main(["trial", str(folder / "trial.toml"), "--out", str(tmp_path / "out"), "--bundle"]) == 0
    assert main(["trial", "--verify", str(tmp_path / "out")]) == 0
    told = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert told["effect"]["low"] < -0.2 < told["effect"]["high"]
    assert told["stops"]["places"] == 20
    assert told["inputs"]["incidents"]["not_counted"]["officer_initiated"] == 253
    assert np.isfinite(told["cost"]["per_incident"])
    assert len(gpd.read_parquet(io.BytesIO((tmp_path / "out" / "data" / "area.parquet").read_bytes())))
