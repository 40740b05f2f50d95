"""The spatial scan: every zone by brute force, published answers, p-values, order of rows, shapes, weights."""

import json

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from patrolgeo import AlignmentError, AreaUnits, DataError, HexGrid, PatrolgeoWarning, scan_statistic
from patrolgeo.hotspots import _scan_zones
from patrolgeo.hotspots._scan import Scan, _best, _maxima, spread_cases
from patrolgeo.hotspots._scan_kernel import BERNOULLI, POISSON, llr
from patrolgeo.hotspots._scan_zones import circles, hop_rings, lattice_rings

GRID = HexGrid.from_cells(h3.grid_disk("8840e0c48bfffff", 4))


def village(rng, n=40, cases=60):
    xy, people = rng.random((n, 2)) * 5000, rng.integers(20, 400, n)
    return xy, people, rng.multinomial(cases, people / people.sum())


def poisson_ratio(c, e, total):
    return stats.binom.logpmf(c, total, c / total) - stats.binom.logpmf(c, total, e / total) if c > e else 0.0


def bernoulli_ratio(c, n, total, people):
    if c / n <= total / people:
        return 0.0
    inside, outside = (
        stats.binom.logpmf(c, n, c / n),
        stats.binom.logpmf(total - c, people - n, (total - c) / (people - n)),
    )
    null = stats.binom.logpmf(c, n, total / people) + stats.binom.logpmf(total - c, people - n, total / people)
    return inside + outside - null


def best_circle(xy, people, cases, ratio, max_share=0.5):
    """Return the best circle of all, by looking at each."""
    found = []
    for centre in xy:
        apart = np.hypot(*(xy - centre).T)
        for radius in np.unique(apart):
            inside = apart <= radius
            if people[inside].sum() <= max_share * people.sum():
                found.append((ratio(cases[inside].sum(), people[inside].sum()), np.flatnonzero(inside).tolist()))
    return max(found, key=lambda f: f[0])


@pytest.mark.parametrize("model", ["poisson", "bernoulli"])
@pytest.mark.parametrize("seed", range(3))
def test_the_best_circle_is_the_one_of_brute_force(model, seed):
    xy, people, cases = village(np.random.default_rng(seed))
    cases = np.minimum(cases, people)
    total, everyone = cases.sum(), people.sum()
    ratio = {
        "poisson": lambda c, n: poisson_ratio(c, total * n / everyone, total),
        "bernoulli": lambda c, n: bernoulli_ratio(c, n, total, everyone),
    }[model]
    value, members = best_circle(xy, people, cases, ratio)
    found = scan_statistic(cases, people, coords=xy, model=model, n_permutations=0)
    assert found.llr[0] == pytest.approx(value, rel=1e-9)
    assert found.members[0] == members
    assert found.observed[0] == cases[members].sum()
    outside = np.setdiff1d(np.arange(len(xy)), members)
    rates = [cases[m].sum() / people[m].sum() for m in (members, outside)]
    assert found.relative_risk[0] == pytest.approx(rates[0] / rates[1])


def test_later_clusters_are_the_best_that_share_no_unit():
    xy, people, cases = village(np.random.default_rng(5), cases=200)
    found = scan_statistic(cases, people, coords=xy, n_permutations=9)
    flat = [u for members in found.members for u in members]
    assert len(flat) == len(set(flat))
    assert (np.diff(found.llr) <= 0).all()
    total, everyone, taken = cases.sum(), people.sum(), set(found.members[0])
    best = 0.0
    for centre in xy:
        apart = np.hypot(*(xy - centre).T)
        for radius in np.unique(apart):
            inside = np.flatnonzero(apart <= radius)
            if not taken & set(inside) and people[inside].sum() <= everyone / 2:
                best = max(best, poisson_ratio(cases[inside].sum(), total * people[inside].sum() / everyone, total))
    assert found.llr[1] == pytest.approx(best)


@pytest.mark.real
def test_new_york_leukaemia_is_that_of_satscan(real_data):
    table = pd.read_csv(real_data / "oracles" / "ny_leukaemia_281.csv").set_index("id")
    published = json.loads((real_data / "oracles" / "oracles.json").read_text())["scan_ny_leukaemia_10pct"]["clusters"]
    found = scan_statistic(table["cases"], table["population"], coords=table[["x", "y"]], max_share=0.1)
    for k, cluster in enumerate(published):
        assert found.llr[k] == pytest.approx(cluster["llr"], abs=1e-6)
        assert found.expected[k] == pytest.approx(cluster["expected"], abs=0.01)
        assert len(found.members[k]) == len(cluster.get("ids", range(cluster.get("ids_n", 0))))
        assert found.members[k] == sorted(cluster.get("ids", found.members[k]))
    assert found.p_value[0] == pytest.approx(0.001)
    assert found.p_value[1] == pytest.approx(0.013, abs=0.012)
    shapes = gpd.GeoSeries.from_xy(table["x"], table["y"], index=table.index)
    again = scan_statistic(table["cases"], table["population"], coords=shapes.sample(frac=1), max_share=0.1, most=1)
    assert again.members[0] == found.members[0]


def test_replicates_of_the_fast_loop_are_those_of_the_plain_one():
    rng = np.random.default_rng(3)
    share = rng.dirichlet(np.ones(len(GRID)), 1)[0]
    for zones in (circles(GRID.xy, share, 0.5, None), lattice_rings(GRID.ids, share, 0.5, None)):
        windows, totals = np.array([[0, 2], [1, 2]]), np.array([90.0, 90.0])
        means = np.column_stack([share, share]) * 45
        draw = spread_cases(means[None] / 90, np.array([90.0]))
        scan = Scan(zones, means, means, windows, totals, POISSON, draw)
        fast = _maxima(scan, 20, np.random.default_rng(1))
        same = draw(np.random.default_rng(1), 20)
        plain = [_best(scan, same[:, :, r].astype(float), means, np.zeros(len(share)))[0].max() for r in range(20)]
        np.testing.assert_allclose(fast, plain, rtol=1e-9)


def test_units_at_the_same_distance_come_together():
    x, y = (a.ravel().astype(float) for a in np.meshgrid(range(5), range(5)))
    zones = circles(np.column_stack([x, y]), np.full(25, 1 / 25), 0.5, None)
    sizes = np.flatnonzero(zones.ends[zones.starts[12] : zones.starts[13]]) + 1
    assert sizes.tolist() == [1, 5, 9]  # the next circle, of 13 units, is more than half
    assert (np.diff(circles(np.column_stack([x, y]), np.full(25, 1 / 25), 0.5, 4).starts) <= 4).all()
    tree = circles(np.repeat(np.column_stack([x, y]), 20, axis=0), np.full(500, 1 / 500), 0.5, 30)
    assert (np.flatnonzero(tree.ends[: tree.starts[1]]) + 1).tolist() == [20]


def test_rings_hold_the_cells_within_so_many_rings():
    share = np.random.default_rng(0).dirichlet(np.ones(len(GRID)))
    zones, cells = lattice_rings(GRID.ids, share, 0.5, None), list(GRID.cells)
    rows = zones.table(share)
    for centre in (0, 30, 45):
        for entry in np.flatnonzero(zones.ends[zones.starts[centre] : zones.starts[centre + 1]]):
            disk = set(h3.grid_disk(cells[centre], int(entry - 1) // 12)) & set(cells)
            members = zones.members(centre, zones.starts[centre] + entry)
            assert {cells[m] for m in members} == disk
            signed = zones.rows[zones.starts[centre] : zones.starts[centre] + entry + 1]
            total = np.where(signed >= 0, rows[signed], -rows[~signed]).sum()
            assert total == pytest.approx(share[members].sum())
    hops = hop_rings(GRID.adjacency(), share, 0.5, None)
    assert {frozenset(hops.members(0, e)) for e in range(hops.starts[1]) if hops.ends[e]} == {
        frozenset(zones.members(0, e)) for e in range(zones.starts[1]) if zones.ends[e]
    }


@pytest.mark.parametrize("shape", ["circle", "ellipse", "rings"])
def test_shuffled_rows_give_the_same_clusters(shape):
    rng = np.random.default_rng(8)
    people = pd.Series(rng.integers(5, 90, len(GRID)), index=GRID.cells)
    cases = pd.Series(rng.poisson(people / 20), index=GRID.cells)
    straight = scan_statistic(cases, people, grid=GRID, shape=shape, n_permutations=19)
    mixed = scan_statistic(cases.sample(frac=1, random_state=1), people, shape=shape, n_permutations=19)
    pd.testing.assert_frame_equal(straight.to_frame(), mixed.to_frame())
    assert straight.to_gdf().geometry.is_valid.all()


def test_a_long_cluster_is_found_by_an_ellipse():
    x, y = (a.ravel() * 100.0 for a in np.meshgrid(range(12), range(12)))
    cases = np.where((y == 500) & (x >= 200) & (x <= 900), 9, 2)
    cluster = set(np.flatnonzero(cases == 9))
    round_, long_ = (
        scan_statistic(cases, np.full(144, 40), coords=np.column_stack([x, y]), shape=s, n_permutations=0)
        for s in ("circle", "ellipse")
    )
    assert len(cluster & set(long_.members[0])) > len(cluster & set(round_.members[0]))
    assert long_.llr[0] > round_.llr[0]


def test_shifts_are_scanned_together_and_each_by_itself():
    rng = np.random.default_rng(2)
    people = pd.Series(50, index=GRID.cells)
    cases = pd.DataFrame(rng.poisson(2, (len(GRID), 3)), index=GRID.cells, columns=["early", "late", "night"])
    cases.loc[h3.grid_disk("8840e0c48bfffff", 1), "night"] += 8
    found = scan_statistic(cases, people, n_permutations=99)
    assert found.group[0] == "night"
    assert set(found.members[0]) == set(h3.grid_disk("8840e0c48bfffff", 1))
    assert found.observed[0] == cases.loc[found.members[0], "night"].sum()
    everyone = cases["night"].sum() * len(found.members[0]) / len(GRID)
    assert found.expected[0] == pytest.approx(everyone)


def test_taking_out_the_first_cluster_lets_the_second_stand_by_itself():
    people = pd.Series(60, index=GRID.cells)
    cases = pd.Series(2, index=GRID.cells)
    cases[GRID.cells[:4]], cases[GRID.cells[-4:]] = 30, 9
    plain, one_by_one = (scan_statistic(cases, people, iterative=i, n_permutations=99) for i in (False, True))
    assert one_by_one.members[0] == plain.members[0]
    assert one_by_one.llr[1] > plain.llr[1]
    rest = cases.drop(plain.members[0])
    expected = rest.sum() * len(one_by_one.members[1]) / len(rest)
    assert one_by_one.expected[1] == pytest.approx(expected)


def test_a_constant_weight_changes_no_p_value_and_is_given_back():
    xy, people, cases = village(np.random.default_rng(4))
    plain = scan_statistic(cases, people, coords=xy, n_permutations=99)
    harm = scan_statistic(cases * 2.5, people, coords=xy, n_permutations=99, incident=2.5)
    np.testing.assert_allclose(harm.p_value, plain.p_value)
    np.testing.assert_allclose(harm.observed, plain.observed * 2.5)
    with pytest.raises(DataError, match="not whole"):
        scan_statistic(cases * 2.5, people, coords=xy)


@pytest.mark.parametrize("model", ["poisson", "bernoulli", "permutation"])
def test_p_values_are_uniform_without_a_pattern_or_never_too_small(model):
    """Units that change places keep their own ratios: when a single one is best, all maps are alike and p is 1."""
    rng = np.random.default_rng(11)
    xy, people, _ = village(rng, n=25)
    found = []
    for seed in range(80):
        if model == "bernoulli":
            cases = rng.multivariate_hypergeometric(people, 40)
        else:
            cases = rng.multinomial(40, people / people.sum())
        scan = scan_statistic(cases, people, coords=xy, model=model, n_permutations=39, early_stop=None, most=1,
                              random_state=seed)  # fmt: skip
        found.append(scan.p_value[0])
    side = "greater" if model == "permutation" else "two-sided"
    assert stats.kstest(np.array(found) - rng.random(80) / 40, "uniform", alternative=side).pvalue > 0.005


def test_an_early_stop_changes_no_small_p_and_gumbel_agrees():
    rng = np.random.default_rng(6)
    xy, people, cases = village(rng)
    cases[np.argsort(np.hypot(*(xy - xy[3]).T))[:4]] += 9
    full, early = (scan_statistic(cases, people, coords=xy, early_stop=e) for e in (None, 20))
    np.testing.assert_array_equal(full.p_value, early.p_value)
    assert full.gumbel_p_value[0] < 0.001
    assert full.gumbel_p_value[1] == pytest.approx(full.p_value[1], abs=0.05)
    _, _, quiet = village(rng)
    stopped = scan_statistic(quiet, people, coords=xy, early_stop=5)
    assert stopped.n_permutations < 999
    assert stopped.p_value[0] == pytest.approx(5 / stopped.n_permutations)


def test_polygons_and_lines_are_units_too():
    rng = np.random.default_rng(1)
    names = [f"u{i:02d}" for i in range(len(GRID))]
    layer = gpd.GeoDataFrame({"name": names}, geometry=GRID.geometry.to_numpy(), crs=4326)
    units = AreaUnits.from_layer(layer, label="name")
    cases = pd.Series(rng.poisson(2, len(GRID)), index=units.cells)
    cases.iloc[:3] += 20
    by_grid = scan_statistic(cases, pd.Series(9, units.cells), grid=units, shape="rings", n_permutations=9)
    shapes = gpd.GeoSeries(GRID.geometry.to_numpy(), index=units.cells, crs=4326)
    by_shape = scan_statistic(cases, pd.Series(9, units.cells), coords=shapes, n_permutations=9)
    assert set(by_grid.members[0]) & set(units.cells[:3])
    assert set(by_shape.members[0]) & set(units.cells[:3])
    with pytest.raises(DataError, match="grid="):
        scan_statistic(cases, pd.Series(9, units.cells), coords=shapes, shape="rings")


def test_nothing_one_unit_and_no_people_are_told():
    xy, people, cases = village(np.random.default_rng(1))
    assert len(scan_statistic(cases * 0, people, coords=xy)) == 0
    assert "no zone" in scan_statistic(cases * 0, people, coords=xy).summary()
    assert scan_statistic(cases * 0, people, coords=xy).to_gdf().empty
    assert len(scan_statistic([3], [5], coords=[[0.0, 0.0]])) == 0
    with pytest.raises(DataError, match="no population"):
        scan_statistic(np.r_[1, cases[1:]], np.r_[0, people[1:]], coords=xy)
    with pytest.raises(DataError, match="controls"):
        scan_statistic(people + 1, people, coords=xy, model="bernoulli")
    with pytest.raises(AlignmentError, match="shape"):
        scan_statistic(cases, people, coords=xy[:5])
    with pytest.raises(DataError, match="H3"):
        scan_statistic(cases, people)


def test_a_limit_by_memory_is_said(monkeypatch):
    xy, people, cases = village(np.random.default_rng(1))
    monkeypatch.setattr(_scan_zones, "MOST_ENTRIES", 400)
    with pytest.warns(PatrolgeoWarning, match="at most 10 of the 40"):
        scan_statistic(cases, people, coords=xy, n_permutations=9)


def test_a_ratio_is_that_of_the_likelihoods():
    assert llr(9.0, 3.0, 40.0, 0.0, POISSON) == pytest.approx(poisson_ratio(9, 3, 40))
    assert llr(9.0, 3.0, 40.0, 200.0, BERNOULLI) == pytest.approx(bernoulli_ratio(9, 15, 40, 200))
    assert llr(2.0, 3.0, 40.0, 0.0, POISSON) == 0
    assert llr(15.0, 3.0, 40.0, 200.0, BERNOULLI) == pytest.approx(bernoulli_ratio(15, 15, 40, 200))


def test_replicates_of_many_cases_need_no_memory_for_each_and_fall_by_the_same_shares():
    shares = np.array([[[0.1], [0.2], [0.3], [0.4]]])
    totals = np.array([40_000_000])
    counts = spread_cases(shares, totals)(np.random.default_rng(0), 50)  # 16 GB one by one
    assert counts.shape == (4, 1, 50)
    assert (counts.sum(axis=0) == 40_000_000).all()
    assert np.abs(counts[:, 0].mean(axis=1) / 40_000_000 - shares[0, :, 0]).max() < 1e-4
    assert counts[1, 0].std() == pytest.approx(np.sqrt(40_000_000 * 0.2 * 0.8), rel=0.3)
    elsewhere = spread_cases(shares[:, :3], totals)(np.random.default_rng(0), 2)
    assert np.abs(elsewhere.sum(axis=0) / 40_000_000 - 0.6).max() < 1e-3
    with pytest.raises(DataError, match="more than a scan counts"):
        spread_cases(shares, np.array([3_000_000_000]))
