"""Counts are events and weights are declared: never guessed from the values; filtered tables keep their quiet ends."""

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import stats

from patrolgeo import (
    DataError,
    GetisOrd,
    HexGrid,
    LocalMoran,
    compare_counts,
    compare_periods,
    concentration,
    count_incidents,
    geary,
    general_g,
    moran,
    read_incidents,
)
from patrolgeo.panel.events import effective_size, incident_size
from patrolgeo.sources.span import record_span

CELLS = pd.Index(sorted(h3.grid_disk("89309c4de37ffff", 4)), name="cell")
GRID = HexGrid.from_cells(CELLS)
PEOPLE = pd.Series(100.0, index=GRID.cells)
STATISTICS = {
    "gi*": lambda panel: GetisOrd().fit(panel, PEOPLE).p_value_,
    "gi": lambda panel: GetisOrd(star=False).fit(panel, PEOPLE).p_value_,
    "gi* raw": lambda panel: GetisOrd(null="raw").fit(panel).p_value_,
    "gi* rate": lambda panel: GetisOrd(null="rate").fit(panel, PEOPLE).p_value_,
    "local moran": lambda panel: LocalMoran().fit(panel, PEOPLE).p_value_,
    "moran": lambda panel: moran(panel, PEOPLE, n_permutations=99).p_value,
    "geary": lambda panel: geary(panel, PEOPLE, n_permutations=99).p_value,
    "general g": lambda panel: general_g(panel, n_permutations=99).p_value,
    "periods": lambda panel: compare_periods(panel, now="2024-02", then="2024-01")[["p_value", "low", "high"]],
    "gini": lambda panel: concentration(panel).gini_corrected,
}


def incidents(n: int = 400, seed: int = 0) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    at = GRID.lonlat[rng.integers(0, len(GRID), n)]
    days = pd.to_timedelta(np.r_[60 * 24 - 1, rng.integers(0, 60 * 24, n - 1)], unit="h")
    table = {"time": pd.Timestamp("2024-01-01") + days, "harm": rng.choice([1.0, 5.0, 30.0], n)}
    return gpd.GeoDataFrame(table, geometry=shapely.points(at), crs="EPSG:4326")


@pytest.mark.parametrize("name", STATISTICS)
@pytest.mark.parametrize("factor", [2.0, 365.0, 0.1])
def test_a_constant_factor_on_weights_changes_nothing(name, factor):
    found = incidents()
    one, other = (
        STATISTICS[name](count_incidents(found.assign(harm=found["harm"] * c), GRID, "D", weight="harm", partial=True))
        for c in (1.0, factor)
    )
    np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.mark.parametrize("name", STATISTICS)
@pytest.mark.parametrize("factor", [3.0, 0.5])
def test_equal_weights_are_the_counts_themselves(name, factor):
    found = incidents()
    weighted = count_incidents(found.assign(harm=factor), GRID, "D", weight="harm", partial=True)
    np.testing.assert_allclose(
        STATISTICS[name](weighted), STATISTICS[name](count_incidents(found, GRID, "D", partial=True)), rtol=1e-6
    )


@pytest.mark.parametrize("shared", [1, 2, 5, 20, 100])
def test_counts_that_share_a_divisor_are_as_many_incidents_as_they_say(shared):
    values = np.zeros(len(CELLS))
    values[[10, 30, 50]] = np.array([6, 1, 1]) * shared
    panel = pd.DataFrame([values], pd.to_datetime(["2024-01-01"]), CELLS)
    found = GetisOrd(connectivity=np.zeros((len(CELLS), len(CELLS))), alone=False).fit(panel, PEOPLE)
    exact = 2 * stats.binom.sf(6 * shared - 1, 8 * shared, 1 / len(CELLS))
    assert found.p_value_.iloc[30] > 0
    assert found.p_value_.iloc[10] == pytest.approx(max(exact, 1e-300), rel=1e-6)
    row = compare_counts([100 * shared], [200 * shared]).iloc[0]
    assert row["p_value"] == pytest.approx(stats.binomtest(200 * shared, 300 * shared).pvalue, rel=1e-6)


def test_the_p_value_of_a_cell_does_not_hang_on_the_divisors_of_others():
    rng = np.random.default_rng(3)
    values = rng.poisson(100, len(CELLS)).astype(float)
    values[5] = 175
    even = np.where(np.arange(len(CELLS)) == 5, 175, 2 * (values // 2) + 1)
    for table in (values, even):
        panel = pd.DataFrame([table], pd.to_datetime(["2024-01-01"]), CELLS)
        assert GetisOrd().fit(panel, PEOPLE).labels_.iloc[5] == "hot"


@pytest.mark.parametrize("statistic", [n for n in STATISTICS if n not in ("gi* raw", "general g")])
def test_numbers_that_are_not_whole_need_a_word(statistic):
    panel = count_incidents(incidents(), GRID, "D", weight="harm", partial=True) / 4
    panel.attrs = {}
    with pytest.raises(DataError, match=r"not whole.*incident=incidents\['weight'\]"):
        STATISTICS[statistic](panel)


def test_the_declared_size_passes_what_tables_go_through():
    panel = count_incidents(incidents(), GRID, "D", weight="harm", partial=True)
    size = effective_size(incidents()["harm"])
    for table in (panel.iloc[3:], panel[panel.columns[::-1]], panel.sum(), pd.concat([panel, panel]), panel.T):
        assert incident_size(table) == pytest.approx(size)
    lost = pd.DataFrame(panel.to_numpy(), panel.index, panel.columns)
    given = GetisOrd().fit(lost, PEOPLE, incident=incidents()["harm"])
    pd.testing.assert_series_equal(given.p_value_, GetisOrd().fit(panel, PEOPLE).p_value_)


@pytest.mark.parametrize("wrong", [0, -1, np.inf, "harm", [], [0, 0], [1, -1], [1, np.nan]])
def test_a_size_that_is_none_is_refused(wrong):
    with pytest.raises(DataError, match="incident"):
        incident_size(pd.Series([1.0]), wrong)


def test_sums_too_large_to_be_exact_are_refused():
    panel = pd.DataFrame(1e18, pd.to_datetime(["2024-01-01"]), CELLS)
    for ask in (STATISTICS["gi*"], STATISTICS["gi* raw"], STATISTICS["moran"], STATISTICS["gini"]):
        with pytest.raises(DataError, match="no longer exact"):
            ask(panel)
    with pytest.raises(DataError, match="float can hold"):
        GetisOrd().fit(panel / 1e18, PEOPLE * 1e306)
    equal = pd.DataFrame(1e12, pd.to_datetime(["2024-01-01"]), CELLS)
    assert not GetisOrd().fit(equal, PEOPLE).labels_.isin(["hot", "cold"]).any()


def filtered(table, how):
    quiet = table["category"] == "robbery"
    if how == "mask":
        return table[quiet]
    if how == "groupby":
        return dict(list(table.groupby("category")))["robbery"]
    if how == "concat":
        return pd.concat([table[quiet][:5], table[quiet][5:]])
    return table.query("category == 'robbery'")


@pytest.mark.parametrize("how", ["mask", "groupby", "concat", "query", "file"])
def test_a_filtered_table_keeps_the_quiet_ends_of_its_records(how, tmp_path):
    days = pd.date_range("2024-01-01", "2024-03-31", freq="697min")
    early = (days >= "2024-01-20") & (days < "2024-02-01")
    raw = pd.DataFrame({"time": days, "category": np.where(early, "robbery", "theft"), "lon": 0.0, "lat": 31.7})
    raw["lon"] = 119.9 + np.arange(len(raw)) * 1e-5
    table = read_incidents(raw.assign(id=range(len(raw))), duplicates="keep")
    some = filtered(table, "mask" if how == "file" else how)
    if how == "file":
        some.to_file(tmp_path / "some.gpkg")
        some = gpd.read_file(tmp_path / "some.gpkg")
    grid = HexGrid.from_cells([h3.latlng_to_cell(31.7, 119.9, 6)])
    panel = count_incidents(some, grid, "W")
    pd.testing.assert_index_equal(panel.index, count_incidents(table, grid, "W").index)
    assert panel.to_numpy().sum() == early.sum()
    assert record_span(table) == (days[0], days[-1])


def test_a_table_filtered_to_nothing_is_a_quiet_panel():
    raw = pd.DataFrame(
        {"time": pd.date_range("2024-01-01", periods=29), "category": "theft", "lon": 119.9, "lat": 31.7}
    )
    table = read_incidents(raw, duplicates="keep")
    panel = count_incidents(table[table["category"] == "robbery"], GRID, "W")
    assert panel.shape == (4, len(GRID))
    assert not panel.to_numpy().any()


@pytest.mark.parametrize("weight", [np.nan, -3, "many", np.inf])
def test_a_weight_that_is_none_is_refused_with_its_row(weight):
    table = incidents(20).assign(harm=pd.Series([1.0] * 19 + [weight], dtype=object))
    with pytest.raises(DataError, match=r"1 of 20 incidents have none .*row 19"):
        count_incidents(table, GRID, weight="harm")


def test_a_wrong_date_does_not_ask_for_memory():
    table = incidents(20)
    table.loc[3, "time"] = pd.Timestamp("9999-01-01")
    with pytest.raises(
        DataError, match=r"periods \(2024-01-.. to 9999-01-..\).*max_counts=100,000.*or set max_counts="
    ):
        count_incidents(table, GRID, "D", max_counts=100_000)
