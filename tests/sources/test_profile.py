"""The page shows a table before anything is decided, and nothing that names a person or a sensitive place."""

import re

import pandas as pd
import pytest

from patrolgeo import DataError, MissingColumnError, inspect_incidents
from patrolgeo.command.main import main
from patrolgeo.sources.profile import is_sensitive

IDENTITY, PHONE, PERSON = "45012319900101123X", "13900001234", "Zhang Weiming"


@pytest.fixture
def table():
    """300 rows with identity numbers planted in dropped columns, free text, and in the fields that are used."""
    times = pd.date_range("2024-01-01", periods=300, freq="9h").astype("str").tolist()
    table = pd.DataFrame({
        "id": [f"{IDENTITY[:-1]}{i % 10}" for i in range(300)], "time": times,
        "category": ["theft", "burglary", "sexual assault"] * 100,
        "lon": [f"{119.9 + (i * 37 % 100) / 1000:.6f}" for i in range(300)],
        "lat": [f"{31.7 + (i * 53 % 100) / 1000:.6f}" for i in range(300)],
        "name": PERSON, "报警人电话": PHONE, "narrative": f"{PERSON} said {IDENTITY} <script>alert(1)</script>" * 3,
        "beat": ["B7"] * 300,
    })  # fmt: skip
    table.loc[3, "time"] = f"told by {PERSON}, {IDENTITY}"
    table.loc[4, "category"] = PERSON
    table.loc[4, "time"] = "never"
    table.loc[6, ["lon", "lat"]] = ["0", "0"]
    table.loc[8, "time"] = "1899-01-01"
    table.loc[8, ["lon", "lat"]] = ["119.912345", "31.754321"]
    table.loc[9, "lon"] = f"see {PERSON} {PHONE}"
    return table


def page_of(table, tmp_path, **options):
    inspect_incidents(table, html=tmp_path / "page.html", duplicates="keep", **options)
    return (tmp_path / "page.html").read_text(encoding="utf-8")


def test_no_planted_person_and_no_sensitive_place_appears(table, tmp_path):
    page = page_of(table, tmp_path)
    for planted in (IDENTITY, IDENTITY[:-1], PHONE, PERSON, "Zhang", "Weiming", "<script", "B7"):
        assert planted not in page
    assert table.loc[8, "category"] == "sexual assault"
    assert "119.912345" not in page
    assert "31.754321" not in page
    assert "[hidden]" in page


def test_reasons_come_with_counts_examples_and_what_mends_them(table, tmp_path):
    page = page_of(table, tmp_path)
    ledger = inspect_incidents(table, duplicates="keep")
    assert f"{ledger.read:,} rows read, {ledger.kept:,} kept" in page
    for code, rows in ledger.set_aside.items():
        assert f"({code})" in page
        assert f"<b>{rows:,}</b>" in page
    assert "To mend it:" in page
    assert "lon <code>0</code>" in page.replace("<td>", "")


def test_span_gap_and_kinds_are_shown(table, tmp_path):
    early, late = table.iloc[:150], table.iloc[150:]
    shifted = late.assign(time=[str(pd.Timestamp(t) + pd.Timedelta("40D")) for t in late["time"]])
    page = page_of(pd.concat([early, shifted], ignore_index=True), tmp_path)
    assert "Longest gaps:" in page
    assert "(40 days)" in page
    assert "burglary" in page
    assert page.count("<rect") > 20


def test_the_same_table_gives_the_same_page(table, tmp_path):
    assert page_of(table, tmp_path) == page_of(table, tmp_path)


def test_missing_columns_give_a_page_with_proposals_and_the_error(tmp_path, capsys):
    path = tmp_path / "export.csv"
    rows = pd.DataFrame(
        {"reported_date": pd.date_range("2024-01-01", periods=30), "offense": "theft", "a": 1, "owner": PERSON}
    )
    rows.to_csv(path, index=False)
    with pytest.raises(MissingColumnError, match="place"):
        inspect_incidents(path, html=tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "reported_date" in page
    assert PERSON not in page
    assert main(["check", str(path), "--html", str(tmp_path / "again.html")]) == 2
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == page


def test_a_table_of_which_no_row_can_be_used_still_gives_its_page(table, tmp_path):
    with pytest.raises(DataError, match="none of the"):
        inspect_incidents(table.assign(time="?"), html=tmp_path / "page.html")
    assert "(bad_time)" in (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "kind", ["Rape", "11A", "FAMILY OFFENSES, NONVIOLENT", "猥亵案", "家庭暴力", "老人走失", "Suicide attempt"]
)
def test_kinds_that_are_sensitive_are_known(kind):
    assert is_sensitive(pd.Series(["theft", kind])).tolist() == [False, True]


def test_the_page_speaks_chinese_and_shows_the_same_figures(table, tmp_path, capsys):
    english, chinese = page_of(table, tmp_path), page_of(table, tmp_path, language="zh")
    assert '<html lang="zh">' in chinese
    for ours, theirs in (("Rows by month", "各月行数"), ("Set aside", "搁置的行"), ("coordinates 0, 0", "坐标为 0,0")):
        assert ours in english
        assert ours not in chinese
        assert theirs in chinese
    assert re.findall(r"<rect[^>]*>", english) == re.findall(r"<rect[^>]*>", chinese)
    table.to_csv(tmp_path / "export.csv", index=False)
    main(["check", str(tmp_path / "export.csv"), "--html", str(tmp_path / "cli.html"), "--language", "zh"])
    assert "各月行数" in (tmp_path / "cli.html").read_text(encoding="utf-8")
    with pytest.raises(DataError, match="language"):
        inspect_incidents(table, language="fr")


@pytest.mark.parametrize(("rows", "named"), [(1, False), (9, False), (10, True)])
def test_categories_of_fewer_than_ten_rows_are_summed_up_as_others(table, tmp_path, rows, named):
    table.loc[20 : 19 + rows, "category"] = PERSON
    table.loc[4, "category"] = "theft"
    page = page_of(table, tmp_path)
    assert (PERSON in page) == named
    others = re.search(r"others \(1 categor.*?</td><td class=\"n\">(\d+)</td>", page)
    assert (others is None) == named
    assert named or int(others[1]) == rows
