"""The models on the street segments of a real borough: burglaries of Manhattan."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import (
    AreaUnits,
    BoostedStack,
    Hawkes,
    HistoricalMean,
    KernelRisk,
    NegativeBinomialRegression,
    RiskStack,
    RiskTerrain,
    RoadGraph,
    count_incidents,
    log_score,
)

pytestmark = [pytest.mark.real, pytest.mark.check]


@pytest.fixture(scope="module")
def streets(real_data):
    """Segments, the burglaries of two years and their panel of weeks."""
    data = real_data / "nyc"
    nodes = pd.read_csv(data / "manhattan_road_nodes.csv.gz").set_index("node")[["lon", "lat"]]
    edges = pd.read_parquet(data / "manhattan_road_edges.parquet")[["source", "target"]].to_numpy()
    ends = np.unique(np.sort(edges[edges[:, 0] != edges[:, 1]], axis=1), axis=0)
    lines = shapely.linestrings(np.stack([nodes.loc[ends[:, i]].to_numpy() for i in (0, 1)], axis=1))
    graph = RoadGraph.from_lines(gpd.GeoSeries(lines, crs="EPSG:4326"), speed=30, split_crossings=False)
    units = AreaUnits.from_roads(graph, within_m=60)
    rows = pd.read_parquet(data / "incidents_2014_2015.parquet").dropna(subset=["lon", "lat", "datetime"])
    rows = rows[rows["category"] == "burglary"]
    places = gpd.points_from_xy(rows["lon"], rows["lat"])
    points = gpd.GeoDataFrame({"time": rows["datetime"].to_numpy()}, geometry=places, crs="EPSG:4326")
    points = points[units.positions(points.geometry.x, points.geometry.y) >= 0]
    return units, points, count_incidents(points, units, until="2016-01-01")


def test_every_model_forecasts_segments_and_the_stack_beats_past_counts_and_density(streets):
    units, _, panel = streets
    past, happened = panel.iloc[:-13], panel.iloc[-13:].sum()
    models = [HistoricalMean(), KernelRisk(), Hawkes(), RiskStack(), BoostedStack()]
    said = {type(m).__name__: m.fit(past, units=units).predict(13).sum() for m in models}
    length = units.size[panel.columns]
    score = {name: log_score(happened, table, area=length, part="spatial") for name, table in said.items()}
    assert score["RiskStack"] > max(score["HistoricalMean"], score["KernelRisk"])
    assert score["BoostedStack"] > score["KernelRisk"]
    assert all(np.isfinite(list(score.values())))


def test_the_night_of_a_street_is_a_part_of_its_week(streets):
    units, points, panel = streets
    model = RiskStack().fit(panel, units=units)
    night, whole = model.predict_hours(points, hours=("22:00", "06:00")).iloc[0], model.predict().iloc[0]
    inside = (points["time"].dt.hour >= 22) | (points["time"].dt.hour < 6)
    assert night.sum() / whole.sum() == pytest.approx(inside.mean(), abs=0.03)
    assert (night <= whole + 1e-12).all()


def test_a_kind_of_place_planted_along_streets_is_found(streets):
    """Half of the burglaries away from 200 random corners are taken out, which makes a factor of two near them."""
    units, _, panel = streets
    rng = np.random.default_rng(3)
    corners = units.lonlat[rng.choice(len(units), 200, replace=False)]
    metres = np.linalg.norm((units.lonlat[:, None] - corners[None]) * [84_400, 111_195], axis=2).min(axis=1)
    near = pd.Series(metres <= 150, index=units.cells)[panel.columns].to_numpy()
    thinned = pd.DataFrame(np.where(near, panel, rng.binomial(panel.astype(int), 0.5)), panel.index, panel.columns)
    kinds = {"corner": gpd.GeoSeries.from_xy(*corners.T, crs="EPSG:4326")}
    [row] = RiskTerrain().fit(thinned, covariates=kinds, units=units).relative_risk_.to_dict("records")
    assert row["low"] < 2 < row["high"]
    beside = {"near": pd.Series(near * 1.0, panel.columns)}
    table = NegativeBinomialRegression().fit(thinned, covariates=beside, units=units)
    assert table.coefficients_.loc["near", "low"] > 0
