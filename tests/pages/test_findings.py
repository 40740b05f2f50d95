"""Pages take findings and an edition; the older keywords say the same, and what is misspelt is named."""

import pandas as pd
import pytest

from patrolgeo import Edition, Findings, map_plan, p_median, write_plan_page, write_report
from patrolgeo.errors import DataError

SUMMARY = {"incidents": {"read": 10, "kept": 9, "set_aside": {"bad_time": 1}}}


def test_keywords_and_objects_make_the_same_report(tmp_path):
    table = pd.DataFrame({"name": ["Elm"]})
    whole = write_report(
        tmp_path / "a.html",
        Findings(summary=SUMMARY, sites=table, data_span=("a", "b")),
        Edition("Longhe", language="zh", valid_until="2025-03-30", synthetic=True),
    )
    single = write_report(
        tmp_path / "b.html", SUMMARY, title="Longhe", sites=table, data_span=("a", "b"), language="zh",
        valid_until="2025-03-30", synthetic=True,
    )  # fmt: skip
    assert whole.read_bytes() == single.read_bytes()


def test_keywords_and_objects_make_the_same_map(tmp_path, cells, areas):
    edition = Edition("Longhe", subtitle="2024", attribution="register")
    whole = write_plan_page(tmp_path / "a.html", Findings(cells=cells, areas=areas, n_periods=4), edition)
    single = write_plan_page(
        tmp_path / "b.html", cells=cells, areas=areas, n_periods=4, title="Longhe", subtitle="2024",
        attribution="register",
    )  # fmt: skip
    assert whole.read_bytes() == single.read_bytes()


def test_a_misspelt_keyword_is_named_with_the_nearest(tmp_path):
    with pytest.raises(TypeError, match="'valid_untill'; did you mean 'valid_until'"):
        write_report(tmp_path / "a.html", SUMMARY, title="x", valid_untill="y")


def test_a_plan_where_its_table_is_wanted_is_told_what_to_give():
    plan = p_median([[0.0, 4.0], [4.0, 0.0]], 1)
    with pytest.raises(DataError, match="sites must be a table, got SitePlan; give the table that its to_gdf returns"):
        Findings(sites=plan)
    with pytest.raises(DataError, match=r"sites: a plan of sites .* plan.to_gdf\(points\)"):
        map_plan(sites=plan)


def test_a_keyword_beside_the_object_that_holds_it_is_refused(tmp_path):
    with pytest.raises(TypeError, match="'language' is part of the Edition"):
        write_report(tmp_path / "a.html", SUMMARY, Edition("x"), language="zh")
    with pytest.raises(TypeError, match="'sites' is part of the Findings"):
        write_report(tmp_path / "a.html", Findings(), Edition("x"), sites=None)
    with pytest.raises(TypeError, match="title="):
        write_report(tmp_path / "a.html", SUMMARY)


def test_an_edition_is_checked_when_it_is_made():
    for wrong in ({"language": "fr"}, {"audience": "press"}, {"words": {"titel": "x"}}, {"title": 7}):
        with pytest.raises(DataError):
            Edition(**{"title": "x"} | wrong)


def test_an_own_mark_takes_the_place_of_ours(tmp_path):
    page = write_report(tmp_path / "a.html", SUMMARY, Edition("x", marking="Draft 3")).read_text("utf-8")
    assert "Draft 3" in page
    assert "Internal use" not in page
