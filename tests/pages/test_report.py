import copy
import re

import pandas as pd
import pytest

from patrolgeo import Note, write_report
from patrolgeo.errors import PatrolgeoError
from patrolgeo.pages.report.forecast import _score_table
from patrolgeo.words.messages import load_words


def scored(value, low, high):
    return {"value": value, "low": low, "high": high}


SUMMARY = {
    "incidents": {"read": 100, "kept": 80, "set_aside": {"missing_place": 15, "own reason": 5}},
    "population": {"read": 1000, "on_cells": 990.0, "outside": 10.0},
    "grid": {"resolution": 8, "cells": 50, "patrollable": 40, "area_km2": 30.0},
    "hotspots": {"significant_cells": 3},
    "risk": {
        "model": "RiskStack",
        "hit_rate": {"0.01": scored(0.2, 0.15, 0.25), "0.05": scored(0.5, 0.45, 0.55)},
        "pai": {"0.01": scored(20, 15, 25), "0.05": scored(10, 9, 11)},
        "pei": {"0.01": scored(0.4, 0.3, 0.5), "0.05": scored(0.6, 0.5, 0.7)},
        "naive": {"population": {"0.01": 0.1, "0.05": 0.4}, "past_counts": {"0.01": 0.2, "0.05": 0.6}},
    },
    "areas": {"n": 4, "max_over_mean": 1.2, "noncontiguous": 0, "mean_travel_minutes": 9.5, "worst_travel_minutes": 31},
    "workload": {"unit": "index"},
    "checkpoints": {
        "n": 6,
        "intercepted_share": 0.326,
        "bound": 0.34,
        "gap": 0.04,
        "status": "heuristic",
        "by_kind": {"in": 0.11, "inside": 0.22, "out": 0.33, "through": 0.44},
        "one_more_share": 0.031,
        "officers": 2,
        "posts": 6,
        "shifts_per_day": 18,
        "officers_per_day": 36,
        "staff_hours_per_day": 288,
        "key_places": 9,
        "key_places_defended": 7,
        "border_villages": 20,
        "border_villages_covered_twice": 14,
        "border_minutes": 30,
        "border_villages_missing": ["Ford", "Mill"],
        "grades": {
            "normal": {"n": 6, "intercepted_share": 0.326, "loss": 0.0},
            "raised": {"n": 12, "intercepted_share": 0.457, "loss": 0.012},
        },
    },
    "sites": {"n": 3, "covered_share": 0.61, "bound": 0.64, "gap": 0.05, "status": "time_limit", "reach_minutes": 15},
}


def written(path, summary=SUMMARY, **parts):
    return write_report(path / "report.html", summary, **{"title": "Longhe", **parts}).read_text("utf-8")


def test_every_number_of_the_summary_has_its_sentence(tmp_path):
    page = written(tmp_path)
    for text in (
        "80 of 100 rows (80%)",
        "no coordinates: 15; own reason: 5",
        "990 of 1,000 people",
        "In 3 of 40 patrollable cells",
        "50.0% (45.0% to 55.0%)",
        "1.20 times the mean workload",
        "9.5 minutes on average",
        "31 minutes to the farthest cell",
        "reach 61.0% of the expected incidents within 15 minutes",
        "more than 64.0%: this plan is at most 5.0% short",
        "The checkpoints (6) stand on the way of 32.6%",
        "more than 34.0%: this plan is at most 4.0% short",
        "22.0% of the trips within the county, 11.0% of those into it, 33.0% of those out of it, 44.0%",
        "One more checkpoint would meet another 3.1%",
        "2 officers at a time, the 6 posts need 18 shifts, 36 officers and 288 officer-hours a day",
        "7 of 9 key places",
        "Of 20 villages at the borders of areas, 14 are reached from both sides within 30 minutes; 6 are not",
        "Ford, Mill",
        "<td>raised</td><td>12</td><td>45.7%</td><td>1.2%</td>",
    ):
        assert text in page, text


def test_the_verdict_follows_the_interval(tmp_path):
    page = written(tmp_path)
    assert "where people live would have caught 40.0%: the forecast is better" in page
    assert "past counts would have caught 20.0%: the difference is within what chance makes" in page
    assert "past counts would have caught 60.0%: the forecast is worse" in page


def test_what_is_weak_is_found_without_being_told(tmp_path):
    weak = written(tmp_path, notes=["3 cells lie beyond the river"]).split("What is weak")[1]
    assert "Only 80% of the incident rows" in weak
    assert "not better than past counts at 5%" in weak
    assert "20% more than the mean" in weak
    assert "5.0% short" in weak
    assert "1.0% of the people" in weak
    assert "3 cells lie beyond the river" in weak


@pytest.mark.parametrize("part", list(SUMMARY))
def test_a_missing_part_leaves_out_its_section_and_nothing_else(tmp_path, part):
    summary = {key: value for key, value in SUMMARY.items() if key != part}
    assert "no ground for stopping" in written(tmp_path, summary)


def test_the_areas_of_today_stand_beside_the_new_ones(tmp_path):
    current = {"max_over_mean": 2.476, "mean_travel_minutes": 11.03, "worst_travel_minutes": 115.4}
    summary = {**SUMMARY, "areas": {**SUMMARY["areas"], "current": current}}
    assert "Today: the busiest area carries 2.48 times the mean; 11 minutes on average, 115" in written(
        tmp_path, summary
    )


def test_what_is_not_known_is_left_out(tmp_path):
    summary = {
        **SUMMARY,
        "population": {"read": None, "on_cells": None, "outside": None},
        "areas": {**SUMMARY["areas"], "current": None},
        "sites": {"n": 0, "covered_share": None, "bound": None, "gap": None, "status": "heuristic"},
    }
    assert "people lie on the cells" not in written(tmp_path, summary)


def test_scores_by_model_become_one_row_a_model(tmp_path):
    scores = pd.DataFrame({
        "model": ["stack", "stack", "population"], "metric": ["hit_rate_0.05", "pai_0.05", "hit_rate_0.05"],
        "value": [0.5, 10.0, 0.4], "low": [0.4, 9.0, None], "high": [0.6, 11.0, None],
    })  # fmt: skip
    page = written(tmp_path, scores=scores)
    assert "<td>forecast (stack)</td><td>0.5 (0.4 to 0.6)</td><td>10 (9 to 11)</td>" in page
    assert "<td>where people live</td><td>0.4</td><td></td>" in page


def test_the_public_version_does_not_speak_of_sites(tmp_path):
    sites = pd.DataFrame({"covered": [0.4]}, index=pd.Index(["Mill bridge"], name="site"))
    page = written(tmp_path, sites=sites, audience="public")
    assert "Mill bridge" not in page
    text = re.sub(r"<style>.*?</style>", "", page, flags=re.S)
    assert not any(number in text for number in ("61", "32.6", "288", "Ford"))
    assert "Posts and checkpoints are left out" in page


@pytest.mark.parametrize(("language", "words"), [("en", "are not merged with others"), ("zh", "未与其他单元合并")])
def test_only_the_internal_version_says_that_small_cells_are_not_merged(tmp_path, language, words):
    assert words in written(tmp_path, language=language)
    assert words not in written(tmp_path, language=language, audience="public")


def test_page_one_names_the_hand_made_changes_the_origin_and_the_validity(tmp_path):
    page = written(
        tmp_path,
        changes=["village 12 moved to area 3"],
        origins={"citizen": 70, "officer": 10},
        valid_until="2025-03-30",
    )
    first = page.split("At a glance")[0]
    assert "Changed by hand: village 12 moved to area 3" in first
    assert "10 by officers" in first
    assert "2025-03-30" in first


def test_text_is_escaped_nothing_is_loaded_and_the_input_stays(tmp_path):
    summary, evil = copy.deepcopy(SUMMARY), "<script>alert(1)</script>"
    table = pd.DataFrame({evil: [evil]}, index=pd.Index([evil], name=evil))
    page = written(
        tmp_path, summary, title=evil, notes=[evil], changes=[evil], areas=table, ledgers={evil: summary["incidents"]}
    )
    assert "<script" not in page
    assert not re.search(r'(src|href)="', page)
    assert summary == SUMMARY


def test_chinese_has_no_english_sentence_left(tmp_path):
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", written(tmp_path, language="zh"), flags=re.S)
    assert "高风险单元不构成对任何人盘查的依据" in text
    assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", text)


def test_an_unknown_audience_is_refused(tmp_path):
    with pytest.raises(PatrolgeoError, match="audience"):
        written(tmp_path, audience="press")


FULL = {
    **SUMMARY,
    "areas": {
        **SUMMARY["areas"], "heaviest_unit": 0.16, "polsby_popper": 0.43, "border_km": 306.6, "gap": 0.012,
        "bound_holds_for": "these centers",
        "current": {"max_over_mean": 2.4, "mean_travel_minutes": 11, "worst_travel_minutes": 90, "polsby_popper": 0.37,
                    "border_km": 350.0},
    },
    "workload": {
        "unit": "index", "parts": {"population": 0.6, "visits": 0.4},
        "sensitivity": [
            {"part": "none", "weight": None, "changed_to": None, "units_moved": 3, "share_moved": 0.001,
             "kept_max_over_mean": 1.2},
            {"part": "visits", "weight": 0.4, "changed_to": 0.3, "units_moved": 1234, "share_moved": 0.25,
             "kept_max_over_mean": 1.31},
        ],
    },
}  # fmt: skip


def test_the_areas_are_told_as_a_commander_reads_them(tmp_path):
    page = written(tmp_path, FULL)
    for text in (
        "the heaviest single unit alone carries 16% of an area&#x27;s mean",
        "compactness 0.43 (Polsby-Popper, 1 is a circle), 307 km of borders",
        "Today&#x27;s shape: compactness 0.37, 350 km",
        "by more than 1.2%; other centres might. The bound holds for these centres only.",
        "a weighted index, not minutes",
        "residents 60%, visits (stops and service floor) 40%",
        "<td>0.4 → 0.3</td><td>1,234</td><td>25.0%</td><td>1.31</td>",
    ):
        assert text in page, text


@pytest.mark.parametrize(
    ("bound", "text"), [("any plan", "the bound holds for any plan"), ("none", "How far the areas are from the best")]
)
def test_the_proof_says_what_it_holds_for(tmp_path, bound, text):
    assert text in written(tmp_path, {**FULL, "areas": {**FULL["areas"], "bound_holds_for": bound}})


def test_minutes_are_told_beside_what_the_units_have(tmp_path):
    work = {**FULL["workload"], "unit": "minutes", "parts": {"calls": 490.0, "roads": 190.0}, "unit_minutes": 680.0,
            "shift_hours": 8.0, "committed_share": 0.354}  # fmt: skip
    page = written(tmp_path, {**FULL, "workload": work})
    assert "680 in a shift of 8 hours, 35% of what the units (4) have. Of it: calls 72%, roads 28%." in page


def test_the_areas_and_the_notes_are_told_in_chinese(tmp_path):
    warned = Note("ledger_rows", {"finding": "bad_time", "rows": 3}, english="Times like 25:61 cannot be read.")
    notes = [Note("from_file", {"role": "incidents", "said": warned}), Note("shared_out", {"n": 3})]
    page = written(tmp_path, FULL, language="zh", notes=notes)
    assert "案件：时间无法识别：3条" in page
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.S)
    assert "此界仅适用于这些中心" in text
    assert "常住人口 60%" in text
    assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", text)


def test_the_table_of_scores_has_the_shares_that_were_asked_for():
    """A share that nobody scored is no empty line."""
    lines = _score_table({"hit_rate": {"0.1": 0.5, "0.02": 0.2}}, load_words()).rows
    assert [line[:2] for line in lines] == [["2%", "20.0%"], ["10%", "50.0%"]]
