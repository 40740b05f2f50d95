"""The words of a reading are the same in Python and in a plan file, and each row left out by choice is counted."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from patrolgeo import DataError, read_area, read_calls, read_incidents, read_polygons
from patrolgeo.command.main import main
from patrolgeo.config import Source, parse_plan
from patrolgeo.pipeline.reading import check_plan, read_source

HOURS = pd.date_range("2024-01-01", periods=72, freq="7h")


@pytest.fixture
def table():
    kinds = ["theft", "burglary", "robbery"]
    return pd.DataFrame(
        {
            "id": range(72), "time": HOURS, "category": [kinds[i % 3] for i in range(72)],
            "lon": [119.9 + i / 1000 for i in range(72)], "lat": 31.7,
        }
    )  # fmt: skip


def test_hours_over_midnight_are_those_of_the_clock(table):
    kept, ledger = read_incidents(table, hours=["22:00", "06:00"], return_ledger=True)
    assert set(kept["time"].dt.hour) == {h for h in HOURS.hour if h >= 22 or h < 6}
    assert ledger.set_aside == {"not_wanted": 72 - len(kept)}


def test_a_night_belongs_to_the_day_on_which_it_begins(table):
    kept = read_incidents(table, hours=["22:00", "06:00"], weekdays=["fri"])
    wanted = [
        t for t in HOURS if (t.hour >= 22 and t.day_name() == "Friday") or (t.hour < 6 and t.day_name() == "Saturday")
    ]
    assert kept["time"].tolist() == wanted
    assert len(wanted) > 2
    assert set(read_incidents(table, weekdays=["sat", "sun"])["time"].dt.day_name()) == {"Saturday", "Sunday"}
    with pytest.raises(DataError, match="weekdays='friday' is not known; did you mean"):
        read_incidents(table, weekdays=["friday"])


def test_from_and_until_hold_the_whole_of_what_they_name(table):
    kept, _ = read_incidents(table, from_="2024-01-03", until="2024-01-05", return_ledger=True)
    assert kept["time"].tolist() == [
        t for t in HOURS if t.strftime("%Y-%m-%d") in ("2024-01-03", "2024-01-04", "2024-01-05")
    ]


def test_a_category_that_no_row_has_names_the_nearest(table):
    assert set(read_incidents(table, categories=["theft", "robbery"])["category"]) == {"theft", "robbery"}
    with pytest.raises(DataError, match="did you mean 'burglary'"):
        read_incidents(table, categories=["burglery"])


@pytest.mark.parametrize("wrong", [{"hours": ["late", "early"]}, {"from_": "soon"}, {"unti": "2024"}])
def test_a_wrong_word_is_one_sentence(table, wrong):
    with pytest.raises(DataError):
        read_incidents(table, **wrong)


def test_calls_are_chosen_by_when_they_were_received(table):
    calls = read_calls(table.rename(columns={"time": "received"}), until="2024-01-02")
    assert calls["received"].max() < pd.Timestamp("2024-01-03")


def test_several_sources_have_a_name_a_channel_and_their_own_columns(table, write):
    cases = table.iloc[:10].rename(columns={"time": "wann", "category": "was"}).assign(id=range(100, 110))
    path = write(cases.to_csv(index=False), name="cases.csv")
    parts = [
        {"file": table, "source": "110", "channel": "phone"},
        {"file": path, "source": "cases", "channel": "officer", "columns": {"time": "wann", "category": "was"}},
    ]
    both, ledger = read_incidents(parts, return_ledger=True)
    assert both.groupby("source").size().to_dict() == {"110": 72, "cases": 10}
    assert both.groupby("source")["origin"].unique().map(list).to_dict() == {"110": ["reported"], "cases": ["officer"]}
    copies = next(e for e in ledger.entries if e.code == "copies_between_sources")
    assert copies.rows == 10
    assert "110 and cases: 10" in copies.detail


def test_copies_between_sources_are_found_whatever_the_order(table):
    near = table.iloc[5:9].assign(time=lambda t: t["time"] + pd.Timedelta("8min"), category="case", id=range(900, 904))
    counts = []
    for order in ([("a", table), ("b", near)], [("b", near), ("a", table)]):
        parts = [{"file": frame, "source": name} for name, frame in order]
        _, ledger = read_incidents(parts, return_ledger=True)
        counts.append(sum(e.rows for e in ledger.entries if e.code == "copies_between_sources"))
    assert counts == [4, 4]


def test_an_unknown_key_of_a_source_is_named(table):
    with pytest.raises(DataError, match="did you mean 'channel'"):
        read_incidents([{"file": table, "chanel": "x"}])


def layer(tmp_path):
    shapes = gpd.GeoDataFrame(
        {"dist_num": ["D1", "D2"]}, crs="EPSG:4326",
        geometry=[shapely.box(119.8, 31.6, 119.9, 31.8), shapely.box(119.9, 31.6, 120, 31.8)],
    )  # fmt: skip
    shapes.to_file(tmp_path / "two.gpkg", layer="districts")
    shapes.iloc[:1].to_file(tmp_path / "two.gpkg", layer="old")
    return tmp_path / "two.gpkg"


def test_polygons_take_the_column_of_their_name_and_a_layer(tmp_path):
    path = layer(tmp_path)
    assert read_polygons(path, layer="districts", columns={"name": "dist_num"})["name"].tolist() == ["D1", "D2"]
    assert len(read_area(path, layer="old")) == 1
    _, ledger = read_polygons(path, layer="districts", return_ledger=True)
    assert any("Different in every row: dist_num" in note for note in ledger.notes)
    with pytest.raises(DataError, match=r"has no layer 'distric'; did you mean 'districts'"):
        read_area(path, layer="distric")


MINIMAL = {
    "title": "Town", "area": {"file": "two.gpkg", "layer": "districts"}, "preset": "city",
    "areas": {"n": 2, "workload": {"risk": 1.0}},
    "sites": {"n": 1},
}  # fmt: skip


def test_every_word_of_a_reader_can_stand_in_a_plan(tmp_path):
    words = {
        "file": "x.csv", "columns": {"time": "wann"}, "tz": "Asia/Shanghai", "day_first": True,
        "hours": ["22:00", "06:00"], "categories": ["theft"], "from": "2024-01", "until": "2024-06-30",
        "layer": "l", "kinds": "nibrs",
    }  # fmt: skip
    source = parse_plan({**MINIMAL, "incidents": words}, tmp_path / "plan.toml").incidents
    assert isinstance(source, Source)
    assert (source.from_, source.until, source.day_first, source.kinds) == ("2024-01", "2024-06-30", True, "nibrs")


def test_several_tables_of_incidents_are_one_source_with_others(tmp_path):
    plan = parse_plan(
        {**MINIMAL, "incidents": [{"file": "a.csv", "source": "110"}, {"file": "b.csv", "channel": "app"}]},
        tmp_path / "plan.toml",
    )
    assert [part.file.name for part in (plan.incidents, *plan.incidents.also)] == ["a.csv", "b.csv"]
    more = {**MINIMAL, "incidents": {"file": "a.csv"}}
    calls = parse_plan({**more, "calls": [{"file": "a"}, {"file": "b"}]}, tmp_path / "p").calls
    assert [part.file.name for part in (calls, *calls.also)] == ["a", "b"]
    with pytest.raises(DataError, match=r"\[roads\] takes one file"):
        parse_plan({**more, "roads": [{"file": "a"}, {"file": "b"}]}, tmp_path / "p")


def write_plan(tmp_path, incidents, more=""):
    layer(tmp_path)
    plan = tmp_path / "plan.toml"
    plan.write_text(
        f'title = "Town"\npreset = "city"\n{incidents}\n[area]\nfile = "two.gpkg"\nlayer = "districts"\n'
        f"[areas]\nn = 2\nworkload = {{risk = 1.0}}\n[sites]\nn = 1\n{more}",
        encoding="utf-8",
    )
    return plan


def test_a_plan_is_checked_whole_and_the_lines_that_mend_it_are_printed(table, tmp_path, capsys):
    table.rename(columns={"time": "reported_date", "lon": "p", "lat": "q"}).to_csv(tmp_path / "i.csv", index=False)
    pd.DataFrame({"lon": [119.9], "lat": [31.7], "total_residents": [50]}).to_csv(tmp_path / "people.csv", index=False)
    plan = write_plan(
        tmp_path, '[incidents]\nfile = "i.csv"', '[population]\nfile = "people.csv"\n[places]\nfile = "no.csv"'
    )
    assert main(["check", str(plan)]) == 2
    printed = capsys.readouterr()
    assert '[incidents]\ncolumns = {category = "category", time = "reported_date", lon = "p", lat = "q"}' in printed.out
    assert '[population]\ncolumns = {population = "total_residents"}' in printed.out
    assert "no.csv does not exist" in printed.out
    assert "3 of 4 files cannot be read" in printed.err


def test_the_printed_lines_mend_the_plan(table, tmp_path):
    table.rename(columns={"time": "reported_date"}).to_csv(tmp_path / "i.csv", index=False)
    plan = write_plan(tmp_path, '[incidents]\nfile = "i.csv"')
    mends = next(one.mends for one in check_plan(plan) if one.role == "incidents")
    mended = write_plan(tmp_path, f'{mends}\nfile = "i.csv"')
    assert all(one.ledger is not None for one in check_plan(mended))


def test_check_takes_the_words_of_the_reader(table, tmp_path, capsys):
    table.assign(time=HOURS.strftime("%d/%m/%Y %H:%M")).rename(columns={"time": "a", "category": "b"}).to_csv(
        tmp_path / "i.csv", index=False
    )
    words = ["--columns", "time=a,category=b", "--day-first", "--tz", "Asia/Shanghai"]
    assert main(["check", str(tmp_path / "i.csv"), *words]) == 0
    assert "72 rows read, 72 kept" in capsys.readouterr().out


def test_calls_of_several_sources_are_put_together_with_their_source_and_their_own_words():
    calls = pd.DataFrame({
        "received": pd.date_range("2024-01-01", periods=4, freq="6h"),
        "arrived": pd.date_range("2024-01-01 00:10", periods=4, freq="6h"),
        "category": "theft", "lon": 119.9, "lat": 31.7,
    })  # fmt: skip
    other = calls.rename(columns={"received": "reported"}).assign(id=["7", "7", "8", "9"])
    both, ledger = read_calls(
        [{"file": calls, "source": "110"}, {"file": other, "source": "desk", "columns": {"received": "reported"}}],
        return_ledger=True,
    )
    assert both["source"].tolist() == ["110"] * 4 + ["desk"] * 3
    assert ledger.set_aside == {"further_unit": 1}
    assert both["id"].is_unique
    assert both["id"].iloc[-1] == "9"
    alone = read_calls(other, columns={"received": "reported"})
    joined = both[both["source"] == "desk"].drop(columns="source")
    pd.testing.assert_frame_equal(
        pd.DataFrame(joined).reset_index(drop=True), pd.DataFrame(alone).reset_index(drop=True)
    )


def test_two_tables_of_calls_in_a_plan_are_read_as_one(tmp_path):
    for name, day in (("a", 1), ("b", 2)):
        (tmp_path / f"{name}.csv").write_text(
            f"id,received,category,lon,lat\n{name}1,2024-01-0{day} 10:00,theft,0.5,0.5\n"
        )
    said = [{"file": "a.csv", "source": "110"}, {"file": "b.csv", "source": "desk"}]
    plan = parse_plan({**MINIMAL, "incidents": {"file": "a.csv"}, "calls": said}, tmp_path / "plan.toml")
    calls, ledger = read_source(plan, "calls")
    assert list(zip(calls["id"], calls["source"], strict=True)) == [("a1", "110"), ("b1", "desk")]
    assert ledger.to_dict() == {"read": 2, "kept": 2, "set_aside": {}}
