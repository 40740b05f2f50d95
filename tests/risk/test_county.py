"""The sample county is synthetic, so the true intensity is known: who comes nearest to it?"""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import patrolgeo as pg


@pytest.fixture(scope="module")
def county():
    folder = pg.sample_folder()
    area = pg.read_area(folder / "area.geojson")
    incidents = pg.read_incidents(folder / "incidents.csv", area=area, places=folder / "villages.csv")
    reported = incidents[(incidents["origin"] != "officer") & ~incidents["category"].str.contains("fraud")]
    people, places = pg.read_population(folder / "villages.csv"), pg.read_places(folder / "places.csv")
    grid = pg.HexGrid.from_area(area, 8)
    population = pg.interpolate(people, grid, "population")["population"]
    roads = pg.read_roads(folder / "roads.geojson")
    inside = pg.patrollable_cells(grid, inhabited=population, roads=roads, places=places)
    cells = inside.index[inside]
    markets = places[places["kind"] == "market"]
    at_market = np.bincount(grid.positions(markets.geometry.x, markets.geometry.y), minlength=len(grid)) > 0
    truth = pd.read_parquet(folder / "truth.parquet").groupby("cell")["intensity"].sum().reindex(cells).fillna(0.0)
    return {
        "folder": folder,
        "weeks": pg.count_incidents(reported, grid, "W")[cells],
        "days": pg.count_incidents(reported, grid, "D")[cells],
        "population": population[cells],
        "at_market": pd.Series(at_market, index=grid.cells)[cells],
        "centroids": grid.centroids[cells],
        "truth": truth,
    }


def rank_correlation(model, county, cells):
    said = model.fit(county["weeks"], exposure=county["population"]).predict().iloc[0]
    return said[cells].corr(county["truth"][cells], method="spearman")


def test_the_default_ranks_cells_more_truly_than_every_baseline(county):
    cells = county["truth"].index
    ours = rank_correlation(pg.RiskStack(), county, cells)
    past = [pg.HistoricalMean(), pg.Ewma(), pg.KernelRisk(), pg.ProMap(), pg.Hawkes()]
    assert ours > max(rank_correlation(m, county, cells) for m in past) + 0.1
    people = [pg.ExposureMap(), pg.PoissonRegression(), pg.RiskTerrain()]
    assert ours > max(rank_correlation(m, county, cells) for m in people) + 0.001


def test_the_default_ranks_cells_with_any_risk_more_truly_than_the_population_map(county):
    some = county["truth"].index[county["truth"] > 0]
    assert rank_correlation(pg.RiskStack(), county, some) > rank_correlation(pg.ExposureMap(), county, some) + 0.05


def test_one_more_year_of_records_brings_the_default_above_the_population_map_everywhere(county):
    """A year drawn from the true intensity; over all patrollable cells, half of which have none."""
    truth, weeks = county["truth"], county["weeks"]
    rate = (truth / truth.sum() * weeks.sum(axis=1).tail(52).mean()).to_numpy()
    index = pd.date_range(weeks.index[-1] + pd.Timedelta(days=7), periods=52, freq="7D", name="period")
    drawn = np.random.default_rng(0).poisson(rate, (52, len(rate))).astype(float)
    more = county | {"weeks": pd.concat([weeks, pd.DataFrame(drawn, index=index, columns=weeks.columns)])}
    ours, people = (rank_correlation(m, more, truth.index) for m in (pg.RiskStack(), pg.ExposureMap()))
    assert ours > people + 0.01


def market_days(county):
    """1 on market days in the cells that hold the market of the township, known in advance."""
    townships = gpd.read_file(county["folder"] / "townships.geojson")[["name", "geometry"]]
    points = gpd.GeoDataFrame(geometry=county["centroids"])
    town = gpd.sjoin(points, townships, how="left")["name"].groupby(level=0).first().reindex(points.index)
    dates = pd.read_csv(county["folder"] / "markets.csv", parse_dates=["date"])
    held = pd.crosstab(dates["date"], dates["township"]).reindex(county["days"].index, fill_value=0)
    on = held.reindex(columns=town.to_numpy(), fill_value=0).to_numpy() * county["at_market"].to_numpy()
    return pd.DataFrame(on.astype(float), index=held.index, columns=points.index)


def test_market_days_as_a_covariate_gain_log_score_on_the_last_half_year(county):
    days, cut, scores = county["days"], 550, {}
    for name, covariates in (("without", None), ("with", {"market_day": market_days(county)})):
        model = pg.RiskStack().fit(days.iloc[:cut], exposure=county["population"], covariates=covariates)
        said, happened = model.predict(len(days) - cut).to_numpy(), days.iloc[cut:].to_numpy()
        scores[name] = sum(pg.log_score(y, s, per_event=False) for y, s in zip(happened, said, strict=True))
    assert scores["with"] > scores["without"] + 1.0
    assert model.rhythm_.slopes["market_day"] > 0.2
