"""A study file is understood whole, or refused with one sentence that names the key."""

import pytest

from patrolgeo.config.read_study import kept_names, read_study, slug
from patrolgeo.errors import DataError, PatrolgeoError
from study_town import STUDY, write_study_town


def read(folder, text):
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return read_study(path)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    write_study_town(folder)
    return folder


def test_every_combination_is_a_set_named_by_what_tells_it_apart(town):
    names = [one.name for one in read(town, STUDY).sets]
    assert names == [f"town: {kind}, window {n}" for kind in ("theft", "burglary") for n in (1, 4)]
    one = STUDY.replace('["theft", "burglary"]', '"theft"').replace("[1, 4]", "4")
    assert [(s.name, s.category, s.window) for s in read(town, one).sets] == [("town", "theft", 4)]


def test_a_source_may_have_windows_of_its_own(town):
    study = read(town, STUDY.replace('freq = "W"', 'freq = "W"\nwindow = 13'))
    assert {one.window for one in study.sets} == {13}


def test_what_is_not_said_has_the_usual_value(town):
    study = read(town, 'title = "T"\n[data.a]\nfile = "incidents.csv"\narea = "area.geojson"\n[models.m]\nuse = "Ewma"')
    (one,) = study.sets
    assert (one.category, one.units, one.freq, one.window, one.horizon) == (None, "h3:9", "W", 1, 1)
    assert study.test.area_shares == [0.01, 0.05]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "Town"', "", "lacks title"),
        ('title = "Town"', 'titel = "Town"', "did you mean 'title'"),
        ("[models.people]", "[models.Mean]", "'mean' and 'Mean' are alike"),
        ("[models.people]", "[models.mean]", "not valid TOML"),
        ('["theft", "burglary"]', '["theft", "Theft "]', "are alike"),
        ('["theft", "burglary"]', '["theft", "theft"]', "none twice"),
        ("[models.people]", '[models."\\u0007"]', "can be printed"),
        ('use = "ExposureMap"', "", "must say what it uses"),
        ('use = "ExposureMap"', "use = 3", "must say what it uses"),
        ('units = "h3:8"', 'units = "h3:16"', "units = 'h3:16'"),
        ('units = "h3:8"', 'units = "hexagons"', "hexagons by resolution"),
        ('units = "h3:8"', 'units = "square:150"', "squares by side"),
        ('freq = "W"', 'freq = "week"', "'week'"),
        ("origins = 3", "origins = 0", "test.origins"),
        ("area_shares = [0.05]", "area_shares = [5]", "area_shares"),
        ("area_shares = [0.05]", 'metrics = ["pay"]', "did you mean 'pai'"),
        ('reference = "people"', 'reference = "peple"', "did you mean 'people'"),
        ('reference = "people"', 'how = "quotient"', "compare.how"),
        ('area = "area.geojson"', "", "lacks the study area"),
        ('file = "incidents.csv"', 'file = "incident.csv"', "does not exist"),
        ('file = "incidents.csv"', 'file = "${NOWHERE_AT_ALL}/incidents.csv"', "not set in the environment"),
        ("forecasts = true", 'language = "fr"', "language"),
        ("[data.town]", "[data.town.more]\nx = 1\n[data.town]", "unknown key 'more'"),
    ],
)
def test_a_bad_study_is_refused_with_one_sentence(town, old, new, said):
    assert old in STUDY
    with pytest.raises(PatrolgeoError) as refused:
        read(town, STUDY.replace(old, new, 1))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_study_needs_data_and_models_or_tables(town):
    for text in ('title = "T"', 'title = "T"\n[models.m]\nuse = "Ewma"'):
        with pytest.raises(DataError, match="a study needs"):
            read(town, text)
    assert read(town, 'title = "T"\n[tables.t]\nuse = "own_of_town.busiest"').sets == []


def test_kept_files_have_names_that_no_other_has():
    tables = {"a b": {"file": 1, "area": 2}, "a-b": {"file": 1, "population": None}}
    names = kept_names({"data": tables, "files": {"x": "boxes.csv.gz"}})
    assert names == {
        ("a b", "file"): "data/01-a-b-file.parquet", ("a b", "area"): "data/01-a-b-area.parquet",
        ("a-b", "file"): "data/02-a-b-file.parquet", ("", "x"): "data/file-01-x.csv.gz",
    }  # fmt: skip
    assert slug("../../etc/passwd") == "etc-passwd"
