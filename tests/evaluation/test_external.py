"""Forecasts of others: tables of scores, polygons flagged by day, and the rules of the challenge."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import patrolgeo as pg
from patrolgeo import AlignmentError, DataError
from small_city import KINDS, small_city


@pytest.fixture(params=KINDS)
def city(request):
    return small_city(request.param)


@pytest.mark.parametrize("way", ["csv", "parquet", "table"])
def test_a_table_of_scores_is_scored_like_a_backtest(city, way, tmp_path):
    said = pg.backtest({"a": pg.HistoricalMean(), "b": pg.KernelRisk()}, city.panel, n_origins=2, units=city.units)
    long = said.rename_axis(columns=["model", "cell"]).unstack().rename("risk").reset_index()
    long = long.rename(columns={"period": "week"}).sample(frac=1, random_state=0)
    file = tmp_path / f"theirs.{way}"
    {"csv": lambda: long.to_csv(file, index=False), "parquet": lambda: long.to_parquet(file), "table": list}[way]()
    read = pg.read_forecasts(long if way == "table" else file, columns={"period": "week", "score": "risk"})
    scores = pg.evaluate(city.panel, read, units=city.units).sort_values(["model", "period"], ignore_index=True)
    own = pg.evaluate(city.panel, said, units=city.units).sort_values(["model", "period"], ignore_index=True)
    pd.testing.assert_frame_equal(scores, own, check_dtype=False)


def test_lists_of_flagged_cells_are_zero_elsewhere_only_when_told():
    city = small_city("squares")
    rows = pd.DataFrame({"period": city.panel.index[-2:], "cell": city.panel.columns[:2], "score": [5, 2]})
    with pytest.raises(AlignmentError, match="2 units have no score in some period"):
        pg.read_forecasts(rows)
    said = pg.read_forecasts(rows, cells=city.panel.columns)
    assert said.shape == (2, 165)
    assert said.to_numpy().sum() == 7
    with pytest.raises(AlignmentError, match="hold 1 units that cells= has not"):
        pg.read_forecasts(rows, cells=city.panel.columns[1:])
    with pytest.raises(DataError, match="two scores of"):
        pg.read_forecasts(pd.concat([rows, rows]), cells=city.panel.columns)
    for wrong in ({"score": "high"}, {"period": "soon"}, {"score": np.inf}):
        with pytest.raises(DataError, match="score"):
            pg.read_forecasts(rows.assign(**wrong), cells=city.panel.columns)
    with pytest.raises(pg.MissingColumnError, match="score"):
        pg.read_forecasts(rows.drop(columns="score"))
    with pytest.raises(pg.MissingFileError):
        pg.read_forecasts("nowhere.csv")


def boxes(city):
    """Boxes of two days: on the first two that overlap, on the second one that reaches out of the area."""
    middle = city.incidents.geometry.iloc[0]
    shapes = [shapely.box(119.915, 31.715, 119.920, 31.720), shapely.box(119.917, 31.717, 119.922, 31.722),
              shapely.box(119.905, 31.715, 119.915, 31.725)]  # fmt: skip
    assert middle is not None
    return gpd.GeoDataFrame({"day": ["2024-02-05", "2024-02-05", "2024-02-06"]}, geometry=shapes, crs="EPSG:4326")


def study_area():
    return gpd.GeoSeries([shapely.box(119.908, 31.710, 119.932, 31.730)], crs="EPSG:4326")


def test_flagged_polygons_are_scored_exactly_by_what_lies_in_them():
    city = small_city("squares")
    scores = pg.score_flagged(city.incidents, boxes(city), study_area()).set_index("period")
    area = shapely.box(119.908, 31.710, 119.932, 31.730)
    for day, flagged in boxes(city).groupby("day"):
        here = city.incidents[city.incidents["time"].dt.strftime("%Y-%m-%d") == day]
        here = here[here.within(area)]
        taken = flagged.union_all().intersection(area)
        n, share = here.within(taken).sum(), taken.area / area.area  # degrees: good to 1e-4 over two kilometres
        row = scores.loc[day]
        assert (row["caught"], row["incidents"]) == (n, len(here))
        assert row["area_share"] == pytest.approx(share, rel=1e-3)
        assert row["hit_rate"] == pytest.approx(n / len(here))
        assert row["pai"] == pytest.approx(n / len(here) / share, rel=1e-3)
    assert list(pg.summarise_scores(scores.reset_index()).columns[:2]) == ["model", "metric"]


def test_flagged_polygons_on_units_are_the_share_that_they_cover(city):
    said = pg.flag_units(boxes(city), city.units)
    assert said.index.strftime("%Y-%m-%d").tolist() == ["2024-02-05", "2024-02-06"]
    covered = (said["flagged"] * city.units.size).sum(axis=1)
    shapes = city.units.geometry.to_crs("EPSG:32650")
    for (_, flagged), total in zip(boxes(city).to_crs("EPSG:32650").groupby("day"), covered, strict=True):
        parts = shapes.intersection(flagged.union_all())
        measure = parts.length.sum() / 1e3 if city.units.are_lines else parts.area.sum() / 1e6
        assert total == pytest.approx(measure, rel=5e-3)
    assert ((said >= 0) & (said <= 1)).all(axis=None)
    days = pg.count_incidents(city.incidents, city.units, "D")
    scores = pg.evaluate(days, said, ["hit_rate"], units=city.units, budgets=[0.1])
    assert scores.iloc[:, -1].between(0, 1).all()


def test_what_cannot_be_flagged_is_one_sentence():
    city = small_city("squares")
    far = boxes(city).set_geometry([shapely.box(0, 0, 1, 1)] * 3)
    with pytest.raises(DataError, match="Nothing was flagged within the area for 2024-02-05"):
        pg.score_flagged(city.incidents, far.set_crs("EPSG:4326"), study_area())
    with pytest.raises(DataError, match="needs a date in 'day'"):
        pg.score_flagged(city.incidents, boxes(city).assign(day="some day"), study_area())
    with pytest.raises(DataError, match="holds no polygon"):
        pg.score_flagged(city.incidents, boxes(city), study_area().boundary)
    with pytest.raises(pg.MissingColumnError, match="day"):
        pg.flag_units(boxes(city).drop(columns="day"), city.units)


@pytest.fixture(scope="module")
def challenge():
    city = small_city("squares")
    grid = pg.SquareGrid.from_area(study_area(), 600, "ft")
    return pg.count_incidents(city.incidents, grid, until="2024-07-29"), grid


def test_the_challenge_counts_whole_cells_and_holds_them_against_the_best(challenge):
    panel, grid = challenge
    said = pg.backtest({"mean": pg.HistoricalMean(), "even": pg.ExposureMap()}, panel, n_origins=3, units=grid)
    scores = pg.nij_scores(panel, said, grid, sq_mi=0.3).set_index(["model", "period"])
    wanted = int(np.ceil(0.3 * 5280**2 / 600**2))
    for (_, period), row in scores.loc[["mean"]].iterrows():
        y, m = panel.loc[period], said["mean"].loc[period]
        cut = m.nlargest(wanted).iloc[-1]
        surely, tied = m > cut, m == cut
        n = y[surely].sum() + y[tied].mean() * (wanted - surely.sum())
        assert row["flagged"] == wanted
        assert row["pai"] == pytest.approx(n / y.sum() / (wanted / len(y)))
        assert row["pei"] == pytest.approx(n / y.nlargest(wanted).sum())
    assert scores.loc["even", "pai"].to_numpy() == pytest.approx(1.0)
    assert scores["sq_mi"].between(0.3, 0.3 + 600**2 / 5280**2).all()


def test_a_list_of_flagged_cells_is_held_to_the_rules(challenge):
    panel, grid = challenge
    said = pg.backtest({"mean": pg.HistoricalMean()}, panel, n_origins=1, units=grid)
    rank = said.rank(axis=1, ascending=False, method="first")
    legal = pg.nij_scores(panel, (rank <= 30) * 1.0, grid, sq_mi=None).iloc[0]
    assert legal["flagged"] == 30
    for n in (10, 80):
        with pytest.raises(DataError, match=f"a forecast flags {n} cells"):
            pg.nij_scores(panel, (rank <= n) * 1.0, grid, sq_mi=None)


@pytest.mark.parametrize(
    ("units", "sentence"),
    [
        (lambda: pg.HexGrid.from_area(study_area(), 9), "62,500 to 360,000 sq ft; these have 8"),
        (lambda: pg.SquareGrid.from_area(study_area(), 200, "ft"), "these have 40,000"),
        (lambda: small_city("segments").units, "street segments have none"),
    ],
)
def test_cells_that_break_the_rules_are_refused(units, sentence):
    units = units()
    panel = pd.DataFrame(1.0, pd.date_range("2024-01-01", periods=6, freq="7D"), units.cells)
    with pytest.raises(DataError, match=sentence):
        pg.nij_challenge({"mean": pg.HistoricalMean()}, panel, units)


def test_pseudo_challenges_pool_windows_and_find_the_map_that_knows(challenge):
    panel, grid = challenge
    models = {"even": pg.ExposureMap(), "mean": pg.HistoricalMean(), "kernel": pg.KernelRisk()}
    scores = pg.nij_challenge(models, panel, grid, windows=[1, 2, 4], n_origins=3)
    assert scores.groupby("set")["period"].nunique().to_dict() == {f"{w} periods": 3 for w in (1, 2, 4)}
    table = pg.compare(scores, reference="even").set_index(["model", "metric"])
    assert table.loc[("mean", "pei"), "value"] > 0.1
    assert table.loc[("mean", "pei"), "low"] > 0
    with pytest.raises(DataError, match="sq_mi=1"):
        pg.nij_challenge(models, panel, grid, sq_mi=1.0)
