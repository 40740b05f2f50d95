"""The space-time scan: published answers, windows, models, recurrence, order of units."""

import json

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from patrolgeo import DataError, HexGrid, space_time_scan

GRID = HexGrid.from_cells(h3.grid_disk("8840e0c48bfffff", 3))
WEEKS = pd.date_range("2024-01-01", periods=12, freq="7D", name="period")
PEOPLE = pd.Series(np.random.default_rng(0).integers(20, 200, len(GRID)), GRID.cells)
DISK = sorted(h3.grid_disk("8840e0c48bfffff", 1))


def weekly(rng, mean=0.6):
    return pd.DataFrame(rng.poisson(mean, (12, len(GRID))).astype(float), index=WEEKS, columns=GRID.cells)


@pytest.fixture(scope="module")
def new_mexico(real_data):
    """Cases and population by year and county, and the county seats."""
    cases = pd.read_csv(real_data / "scan" / "new_mexico_cases.csv.gz")
    cases["year"] = pd.to_datetime(cases["year"].astype(str) + "-01-01")
    tables = [cases.pivot(index="year", columns="county", values=v).astype(float) for v in ("count", "population")]
    seats = pd.read_csv(real_data / "scan" / "new_mexico_counties.csv.gz").set_index("county")
    return *tables, gpd.GeoSeries.from_xy(seats["lon"], seats["lat"], index=seats.index, crs=4326)


@pytest.fixture(scope="module")
def oracles(real_data):
    return json.loads((real_data / "oracles" / "oracles2.json").read_text())


@pytest.mark.real
def test_new_mexico_eight_counties_1985_to_1989(new_mexico, oracles):
    cases, population, seats = new_mexico
    found = space_time_scan(cases, population, coords=seats, n_permutations=99)
    for k, cluster in enumerate(oracles["space_time_scan_new_mexico"]["expected"]["clusters"]):
        assert found.llr[k] == pytest.approx(cluster["llr"], abs=1e-6)
        assert found.members[k] == cluster["members"]
        years = pd.DatetimeIndex([found.start[k], found.end[k]]).year.tolist()
        assert years == [cluster["first_year"], cluster["last_year"]]
        assert found.observed[k] == cluster["cases"]
        assert found.expected[k] == pytest.approx(cluster["expected"], abs=1e-6)
        assert found.relative_risk[k] == pytest.approx(cluster["relative_risk"], abs=1e-6)


def baseline_of(cases, population):
    """Return what a Poisson regression of counts on the year, 1973 to 1985, expects: Newton's method."""
    early = cases.index < "1986"
    x = np.column_stack([np.ones(len(cases)), cases.index.year - 1980])
    past = np.repeat(x[early], cases.shape[1], axis=0)
    y, log_people = cases[early].to_numpy().ravel(), np.log(population[early].to_numpy().ravel())
    b = np.array([np.log(y.sum() / np.exp(log_people).sum()), 0.0])
    for _ in range(30):
        mean = np.exp(past @ b + log_people)
        b += np.linalg.solve(past.T @ (mean[:, None] * past), past.T @ (y - mean))
    return population.mul(np.exp(x @ b), axis=0)


@pytest.mark.real
def test_new_mexico_against_a_baseline(new_mexico, oracles):
    cases, population, seats = new_mexico
    oracle = oracles["expectation_scan_new_mexico"]["expected"]
    baseline, late = baseline_of(cases, population), slice("1986", "1989")
    found = space_time_scan(cases[late], baseline[late], coords=seats, max_units=15, model="expectation",
                            prospective=True)  # fmt: skip
    assert found.llr[0] == pytest.approx(oracle["score"], abs=1e-5)
    assert found.members[0] == oracle["members"]
    assert (found.observed[0], found.start[0]) == (oracle["cases"], np.datetime64("1986-01-01"))
    assert found.expected[0] == pytest.approx(oracle["baseline"], abs=1e-5)
    assert found.p_value[0] == pytest.approx(0.005, abs=0.004)


@pytest.mark.parametrize("model", ["poisson", "permutation", "expectation"])
def test_a_burst_is_found_where_and_when_it_is(model):
    panel = weekly(np.random.default_rng(1))
    panel.loc["2024-02-19":"2024-03-04", DISK] += 3
    exposure = PEOPLE * 0 + 0.6 if model == "expectation" else PEOPLE * 0 + 1
    found = space_time_scan(panel, exposure, model=model, n_permutations=99, max_periods=6)
    assert found.members[0] == DISK
    assert (str(found.start[0])[:10], str(found.end[0])[:10]) == ("2024-02-19", "2024-03-04")
    assert found.p_value[0] == pytest.approx(0.01)
    assert found.observed[0] == panel.loc["2024-02-19":"2024-03-04", DISK].to_numpy().sum()
    with pytest.raises(AttributeError, match="recurrence"):
        found.recurrence_interval  # noqa: B018


def test_every_window_is_looked_at():
    """Brute force over all zones of one cell."""
    panel = weekly(np.random.default_rng(2))
    counts, share = panel.to_numpy(), PEOPLE.to_numpy() / PEOPLE.sum() / 12
    total = counts.sum()
    best = 0.0
    for a in range(12):
        for b in range(a + 1, min(a + 6, 12) + 1):
            c, e = counts[a:b].sum(axis=0), total * share * (b - a)
            ratio = special.xlogy(c, c / e) + special.xlogy(total - c, (total - c) / (total - e))
            best = max(best, ratio[c > e].max(initial=0))
    found = space_time_scan(panel, PEOPLE, max_units=1, n_permutations=0)
    assert found.llr[0] == pytest.approx(best)


def test_now_means_until_the_last_period():
    panel = weekly(np.random.default_rng(3))
    panel.loc["2024-01-15":"2024-01-29", DISK] += 5
    found = space_time_scan(panel, PEOPLE, prospective=True, n_permutations=99, max_periods=4)
    assert (found.end == WEEKS[-1].to_datetime64()).all()
    assert (found.start >= WEEKS[-4].to_datetime64()).all()
    assert (found.recurrence_interval >= 1 / found.p_value - 1e-9).all()
    late = space_time_scan(panel, PEOPLE, start_at="2024-03-01", n_permutations=0)
    assert (late.start >= np.datetime64("2024-03-01")).all()


def test_lasting_hot_spots_and_busy_weeks_are_no_cluster_of_the_permutation_model():
    rate = np.outer(np.r_[np.full(11, 1.0), 3.0], np.where(GRID.cells.isin(DISK), 6.0, 1.0))
    panel = weekly(np.random.default_rng(4), rate)
    assert space_time_scan(panel, model="permutation", n_permutations=199).p_value[0] > 0.05
    assert space_time_scan(panel, PEOPLE * 0 + 1, n_permutations=199).p_value[0] < 0.01


@pytest.mark.parametrize("model", ["poisson", "permutation", "expectation"])
def test_p_values_are_uniform_without_a_pattern(model):
    rng, found = np.random.default_rng(5), []
    some = GRID.cells[:15]
    for seed in range(80):
        panel = weekly(rng)[some]
        scan = space_time_scan(panel, PEOPLE[some] * 0 + 0.6, model=model, prospective=True, n_permutations=39,
                               early_stop=None, most=1, random_state=seed)  # fmt: skip
        found.append(scan.p_value[0])
    assert stats.kstest(np.array(found) - rng.random(80) / 40, "uniform").pvalue > 0.005


@pytest.mark.parametrize("model", ["poisson", "permutation"])
def test_shuffled_units_give_the_same_clusters(model):
    panel = weekly(np.random.default_rng(6))
    straight, mixed = (
        space_time_scan(p, PEOPLE, model=model, n_permutations=19).to_frame()
        for p in (panel, panel.sample(frac=1, axis=1, random_state=1))
    )
    pd.testing.assert_frame_equal(straight, mixed)


def test_weights_stand_for_effective_cases():
    panel = weekly(np.random.default_rng(7))
    plain, harm = (space_time_scan(panel * k, PEOPLE, incident=k, n_permutations=49) for k in (1.0, 40.0))
    np.testing.assert_allclose(plain.p_value, harm.p_value)
    mixed = space_time_scan(panel * 40, model="permutation", incident=40, n_permutations=49)
    assert mixed.llr[0] == pytest.approx(space_time_scan(panel, model="permutation", n_permutations=0).llr[0])


def test_what_cannot_be_is_told():
    panel = weekly(np.random.default_rng(8))
    with pytest.raises(DataError, match="baseline"):
        space_time_scan(panel, model="expectation")
    with pytest.raises(DataError, match="none are expected"):
        space_time_scan(panel + 1, PEOPLE.where(PEOPLE.index != GRID.cells[0], 0))
    with pytest.raises(DataError, match="after the last period"):
        space_time_scan(panel, PEOPLE, start_at="2025-01-01")
    assert len(space_time_scan(panel * 0, PEOPLE)) == 0
    assert len(space_time_scan(panel.iloc[:0], PEOPLE)) == 0
