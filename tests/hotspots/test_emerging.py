"""Classes of change and trends: published numbers, each class by its definition, order of cells, other units."""

import json
from itertools import combinations

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats

from patrolgeo import AreaUnits, DataError, HexGrid, classify_change, space_time_hotspots, trend_test
from patrolgeo.hotspots.emerging import NO_PATTERN, _classes

GRID = HexGrid.from_cells(h3.grid_disk("8840e0c48bfffff", 4))
MONTHS = pd.date_range("2023-01-01", periods=12, freq="MS", name="period")


@pytest.fixture(scope="module")
def boston(real_data):
    """The value of 168 tracts in ten years, and which tracts touch."""
    values = pd.read_csv(real_data / "boston_cube" / "values.csv.gz", dtype={0: str})
    values.columns = ["area", "year", "value"]
    panel = values.pivot(index="year", columns="area", values="value")
    panel.index = pd.to_datetime(panel.index.astype(str) + "-01-01")
    pairs = pd.read_csv(real_data / "boston_cube" / "adjacency.csv.gz", dtype=str)
    at = [panel.columns.get_indexer(pairs[c]) for c in pairs.columns]
    return panel, sparse.csr_matrix((np.ones(len(pairs)), at), shape=(168, 168))


@pytest.fixture(scope="module")
def oracle(real_data):
    return json.loads((real_data / "oracles" / "oracles2.json").read_text())["emerging_boston"]["expected"]


@pytest.mark.real
def test_boston(boston, oracle):
    panel, links = boston
    found = space_time_hotspots(panel, adjacency=links)
    for area, z in oracle["gi_star_z"].items():
        assert found.statistic[area].to_numpy() == pytest.approx(z, abs=1e-9)
    trends = {"mann_kendall_of_z": trend_test(found.statistic), "mann_kendall_of_values": trend_test(panel)}
    for name, table in trends.items():
        for area, numbers in oracle[name].items():
            assert table.loc[area, ["s", "z", "p_value"]].tolist() == pytest.approx(list(numbers.values()), abs=1e-9)
    values = trends["mann_kendall_of_values"]
    moved = values["p_value"] < 0.05
    assert (moved & (values["s"] > 0)).sum() == oracle["n_rising_p05"]
    assert (moved & (values["s"] < 0)).sum() == oracle["n_falling_p05"]
    last = found.statistic.iloc[-1]
    assert ((last > 1.96).sum(), (last < -1.96).sum()) == (
        oracle["hot_z_over_1.96_last_year"],
        oracle["cold_last_year"],
    )


@pytest.mark.real
def test_boston_classes_follow_their_numbers(boston):
    panel, links = boston
    table = classify_change(panel, adjacency=links)
    kind = table["change"].str.rsplit(" ", n=1, expand=True)
    hot = table[kind[1] == "hot"]
    assert (hot["last"] == "hot").all()
    assert (table.loc[kind[0] == "consecutive", ["hot_periods", "cold_periods"]].max(axis=1)
            == table.loc[kind[0] == "consecutive", "run"]).all()  # fmt: skip
    assert (table.loc[table["change"] == "persistent hot", "hot_periods"] >= 9).all()


def rows(word):
    return np.array([[{"h": 1, "c": -1, ".": 0}[letter]] for letter in word])


@pytest.mark.parametrize(
    ("periods", "way", "name"),
    [
        (".........h", 0, "new hot"), (".......hhh", 0, "consecutive hot"), ("hhhhhhhhhh", 1, "intensifying hot"),
        (".hhhhhhhhh", 0, "persistent hot"), ("hhhhhhhhhh", -1, "diminishing hot"), ("h.h..h...h", 0, "sporadic hot"),
        ("..c....h.h", 0, "oscillating hot"), ("c........h", 0, "oscillating hot"), ("hhhhhhhhh.", 1, "historical hot"),
        ("hhhh......", 0, ""), ("..........", 1, ""), ("hhhhhhh.hh", 0, "persistent hot"),
        ("hhhhh.hh.h", 0, "sporadic hot"),
    ],
)  # fmt: skip
def test_each_class_is_its_definition_and_cold_mirrors_hot(periods, way, name):
    kind = rows(periods)
    hot, cold = kind > 0, kind < 0
    assert _classes(hot, cold, np.array([way]), "hot").tolist() == [name]
    assert _classes(hot, cold, np.array([way]), "cold").tolist() == [name.replace("hot", "cold")]


def monthly(rng, rate=2.0):
    return pd.DataFrame(rng.poisson(rate, (12, len(GRID))).astype(float), index=MONTHS, columns=GRID.cells)


PEOPLE = pd.Series(np.random.default_rng(0).integers(80, 120, len(GRID)), GRID.cells)


def test_a_hot_spot_that_came_in_the_last_months_is_consecutive():
    disk = h3.grid_disk("8840e0c48bfffff", 1)
    rate = np.full((12, len(GRID)), 2.0)
    rate[-3:, GRID.cells.isin(disk)] = 9.0
    for exposure in (None, PEOPLE):
        table = classify_change(monthly(np.random.default_rng(1), rate), exposure)
        assert table.loc[disk, "change"].isin(["consecutive hot", "oscillating hot"]).all()  # a cold month by chance
        assert (table.loc[disk, "change"] == "consecutive hot").sum() >= 5
        assert (table.loc[disk, "run"] == table.loc[disk, "hot_periods"]).all()
        assert table.loc[disk, "run"].between(2, 3).all()
        far = table.loc[~table.index.isin(h3.grid_disk("8840e0c48bfffff", 2)), "change"]
        assert not far.str.endswith("hot").any()
        assert (far == NO_PATTERN).mean() > 0.8


def test_without_a_pattern_next_to_nothing_is_classified():
    rng, found = np.random.default_rng(2), 0
    for _ in range(10):
        found += int((classify_change(monthly(rng), PEOPLE * 0 + 1)["change"] != NO_PATTERN).any())
    assert found <= 3  # one in twenty


def test_shuffled_cells_and_other_units_give_the_same_classes():
    panel = monthly(np.random.default_rng(3), np.linspace(1, 4, 12 * len(GRID)).reshape(12, -1))
    layer = gpd.GeoDataFrame({"name": GRID.cells}, geometry=GRID.geometry.to_numpy(), crs=4326)
    units = AreaUnits.from_layer(layer, label="name")
    table = classify_change(panel, PEOPLE)
    mixed = panel.sample(frac=1, axis=1, random_state=1)
    for other in (classify_change(mixed, PEOPLE), classify_change(panel, PEOPLE, units=units),
                  classify_change(panel, PEOPLE, adjacency=GRID.adjacency())):  # fmt: skip
        pd.testing.assert_frame_equal(other.reindex(table.index), table, check_names=False)
    assert not classify_change(panel, PEOPLE, connectivity=2).equals(table)


def test_too_few_periods_are_told():
    with pytest.raises(DataError, match="at least 3"):
        classify_change(monthly(np.random.default_rng(1)).iloc[:2], PEOPLE)
    with pytest.raises(DataError, match="three periods"):
        trend_test(pd.Series([1.0, 2.0]))
    with pytest.raises(DataError, match="missing"):
        trend_test(pd.Series([1.0, 2.0, np.nan]))


def test_mann_kendall_by_pairs_with_ties():
    rng = np.random.default_rng(4)
    table = pd.DataFrame(rng.integers(0, 5, (14, 30)), columns=[f"c{i}" for i in range(30)])
    found = trend_test(table)
    for name, x in table.items():
        s = sum(np.sign(b - a) for a, b in combinations(x, 2))
        ties = sum(t * (t - 1) * (2 * t + 5) for t in x.value_counts())
        sd = np.sqrt((14 * 13 * 33 - ties) / 18)
        assert found.loc[name, "s"] == s
        assert found.loc[name, "z"] == pytest.approx((s - np.sign(s)) / sd)
        assert found.loc[name, "tau"] == pytest.approx(stats.kendalltau(range(14), x).statistic)
        assert found.loc[name, "slope"] == pytest.approx(stats.theilslopes(x, range(14))[0])


def test_drifting_series_without_trend_are_seldom_trends_by_p_serial():
    """At a correlation of 0.3 between neighbours `p_value` is below 0.05 in 11 to 19 %."""
    noise = np.random.default_rng(0).normal(size=(90, 1000))
    for at in range(1, 90):
        noise[at] += 0.3 * noise[at - 1]
    found = trend_test(pd.DataFrame(noise[50:]))
    assert (found["p_value"] < 0.05).mean() > 0.11
    assert (found["p_serial"] < 0.05).mean() < 0.09
    assert (found["p_serial"] >= found["p_value"]).all()
    rising = trend_test(pd.DataFrame(noise[50:, :100] + 0.15 * np.arange(40)[:, None]))
    assert (rising["p_serial"] < 0.05).mean() > 0.9
