"""A plan file from the files in a folder: what each is for is found by what it holds, whatever it is called."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from patrolgeo import new_plan
from patrolgeo.command.main import main
from patrolgeo.config import read_plan
from patrolgeo.errors import DataError, MissingFileError
from town import write_town


@pytest.fixture
def folder(tmp_path):
    """A town whose files have names that say nothing."""
    write_town(tmp_path, 20)
    (tmp_path / "plan.toml").unlink()
    for old, new in (("incidents.csv", "a.csv"), ("area.geojson", "b.geojson"), ("people.csv", "c.csv")):
        (tmp_path / old).rename(tmp_path / new)
    halves = [shapely.box(119.90, 31.70, 119.93, 31.75), shapely.box(119.93, 31.70, 119.96, 31.75)]
    gpd.GeoDataFrame({"beat_name": ["North", "South"], "total_pop": [5, 6]}, geometry=halves, crs=4326).to_file(
        tmp_path / "d.geojson"
    )
    gpd.GeoDataFrame({"highway": ["primary"]}, geometry=[shapely.LineString([(119.9, 31.7), (119.96, 31.75)])], crs=4326
                     ).to_file(tmp_path / "e.gpkg")  # fmt: skip
    gpd.GeoDataFrame(geometry=[halves[0].buffer(-0.01)], crs=4326).to_file(tmp_path / "airport.geojson")
    pd.DataFrame({"name": ["x"], "start": ["08:00"], "end": ["16:00"]}).to_csv(tmp_path / "z.csv", index=False)
    return tmp_path


def test_every_file_gets_its_role_or_a_reason(folder):
    path, found = new_plan(folder)
    plan = read_plan(path)
    roles = {role: source.file.name for role, source in plan.sources.items()}
    assert roles == {"incidents": "a.csv", "area": "b.geojson", "population": "c.csv", "roads": "e.gpkg",
                     "current": "d.geojson", "exclude": "airport.geojson"}  # fmt: skip
    assert plan.current.name == "beat_name"
    assert plan.areas.keep == "mostly"
    assert plan.title == folder.name
    unused = [guess for guess in found if not guess.role]
    assert [guess.path.name for guess in unused] == ["z.csv"]
    assert "z.csv: not used: z.csv lacks a column" in path.read_text(encoding="utf-8")


def test_the_columns_that_a_reader_asks_for_are_written_down(folder):
    (folder / "c.csv").unlink()
    plan = read_plan(new_plan(folder)[0])
    assert plan.population.file.name == "d.geojson"
    assert plan.population.columns == {"population": "total_pop"}


@pytest.mark.filterwarnings("ignore::patrolgeo.PatrolgeoWarning")  # half of the rows have no place
def test_villages_that_place_incidents_become_the_gazetteer(folder):
    table = pd.read_csv(folder / "a.csv").assign(village="Elm")
    table.loc[::2, ["lon", "lat"]] = float("nan")
    table.to_csv(folder / "a.csv", index=False)
    pd.read_csv(folder / "c.csv").assign(name=lambda t: ["Elm", *map(str, t.index[1:])]).to_csv(
        folder / "c.csv", index=False
    )
    assert read_plan(new_plan(folder)[0]).incidents.gazetteer.name == "c.csv"


def test_a_folder_of_chinese_records_gets_chinese_comments(folder):
    table = pd.read_csv(folder / "a.csv").assign(category="盗窃")
    table.to_csv(folder / "a.csv", index=False)
    text = new_plan(folder)[0].read_text(encoding="utf-8")
    assert 'language = "zh"' in text
    assert "现有巡区" in text
    assert "today" not in text


def test_nothing_is_asked_and_nothing_is_overwritten(folder, capsys):
    assert main(["new", str(folder)]) == 0
    assert "airport.geojson: [exclude]" in capsys.readouterr().out
    before = (folder / "plan.toml").read_bytes()
    assert main(["new", str(folder)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (folder / "plan.toml").read_bytes() == before


def test_a_folder_that_holds_no_plan_says_what_is_missing(tmp_path):
    with pytest.raises(DataError, match=r"holds nothing that can be \[incidents\] or \[area\].*no file"):
        new_plan(tmp_path)
    with pytest.raises(MissingFileError, match="is no folder"):
        new_plan(tmp_path / "nowhere")
