"""The report of a study says its numbers with their intervals, in both languages, and what must be said."""

import re

import pandas as pd
import pytest

from patrolgeo import Edition
from patrolgeo.pages.study.report import figures, write_study_report


def scored(model, metric, value, low, high, share=0.05, **more):
    return {"model": model, "metric": metric, "area_share": share, "value": value, "low": low, "high": high, **more}


def one_set(category):
    return {"units": "h3:9", "freq": "W", "window": 4, "horizon": 1, "cells": 1234, "periods": 52,
            "first": "2023-01-02 00:00", "end": "2024-01-01 00:00", "incidents": 755, "category": category}  # fmt: skip


SUMMARY = {
    "title": "Town <b>",
    "incidents": {"read": 1000, "kept": 900, "used": 755},
    "data": {"town: theft": one_set("theft"), "town: burglary": one_set("burglary")},
    "models": {"mean": {"use": "HistoricalMean"}, "kernel": {"use": "KernelRisk", "bandwidth": 300}},
    "reference": "mean",
    "how": "difference",
    "pooled": [scored("mean", "hit_rate", 0.2, 0.1, 0.3), scored("kernel", "hit_rate", 0.25, None, None),
               scored("mean", "log_score_spatial", -3.25, -3.5, -3.0, None)],
    "compared": [scored("kernel", "hit_rate", 0.05, -0.01, 0.11)],
    "by_set": [scored("mean", "hit_rate", 0.2, 0.1, 0.3, data="town: theft"),
               scored("mean", "hit_rate", 0.4, 0.3, 0.5, data="town: burglary")],
}  # fmt: skip
TABLES = {"near repeats": pd.DataFrame({"band": ["0-100 m"], "ratio": [1.5]})}


def written(folder, language="en", summary=SUMMARY, tables=TABLES):
    path = write_study_report(folder / "report.html", summary, tables, Edition("Town <b>", language=language))
    return path.read_text(encoding="utf-8")


def test_every_number_stands_with_its_interval(tmp_path):
    page = written(tmp_path)
    for text in ("20.0% (10.0% to 30.0%)", "25.0%", "-3.25 (-3.5 to -3)", "Hit rate at 5 % of the area", "1,234",
                 "2023-01-02 – 2024-01-01", "bandwidth = 300", "Difference from “mean”", "0.05 (-0.01 to 0.11)",
                 "<td>town: burglary</td><td>40.0% (30.0% to 50.0%)</td>", "near repeats", "--run-code"):  # fmt: skip
        assert text in page, text
    assert "Town &lt;b&gt;" in page
    assert "<b>" not in re.sub(r"<div><b>", "", page)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ["no ground for stopping", "What was recorded is not what happened", "Study: report"]),
     ("zh", ["不构成对任何人盘查的依据", "研究报告", "命中率（标出面积 5 %）"])],
)  # fmt: skip
def test_the_page_says_what_must_be_said_in_both_languages(tmp_path, language, words):
    page = written(tmp_path, language)
    assert [word for word in words if word not in page] == []


def test_a_study_of_tables_alone_has_no_empty_section(tmp_path):
    bare = {"title": "T", "incidents": {"read": 9, "kept": 9}, "data": {}, "models": {}}
    page = written(tmp_path, summary=bare)
    assert "near repeats" in page
    assert "All data sets together" not in page


def test_figures_are_files_that_stand_by_themselves():
    (name, picture) = next(iter(figures(SUMMARY, Edition("T")).items()))
    assert name == "hit_rate-0.05"
    assert picture.startswith('<svg xmlns="http://www.w3.org/2000/svg" ')
    assert "25.0%" in picture
