"""Local Moran against expected counts and by permutation."""

import h3
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from patrolgeo import LocalMoran
from patrolgeo.hotspots._permutation import draw_table, permute_neighbors
from patrolgeo.hotspots.connectivity import connect

CELLS = pd.Index(sorted(h3.grid_disk("8840e0c48bfffff", 5)), name="cell")
CENTRE = "8840e0c48bfffff"


def one_period(counts) -> pd.DataFrame:
    return pd.DataFrame(np.asarray(counts, float)[None], index=pd.to_datetime(["2024-01-01"]), columns=CELLS)


def test_the_four_kinds_get_their_names():
    ring = h3.grid_ring(CENTRE, 1)
    people = pd.Series(100.0, index=CELLS)
    base = pd.Series(20.0, index=CELLS)
    for own, around, name in ((80, 80, "high-high"), (1, 1, "low-low"), (80, 2, "high-low"), (1, 70, "low-high")):
        counts = base.copy()
        counts[CENTRE], counts[ring] = own, around
        for null in ("expected", "raw"):
            model = LocalMoran(null=null, n_permutations=9999)
            assert model.fit_predict(one_period(counts), people)[CENTRE] == name, null


def test_p_is_the_binomial_one_of_the_neighbours_given_the_cell():
    rng = np.random.default_rng(1)
    people = pd.Series(rng.gamma(1, 100, len(CELLS)), index=CELLS)
    counts = pd.Series(rng.multinomial(300, people / people.sum()), index=CELLS)
    found = LocalMoran(dispersion=1.0, min_expected=0.0).fit(one_period(counts), people)
    ring = h3.grid_ring(CENTRE, 1)
    share = people[ring].sum() / people.drop(CENTRE).sum()
    k, n = counts[ring].sum(), 300 - counts[CENTRE]
    tails = stats.binom.sf(k - 1, n, share), stats.binom.cdf(k, n, share)
    assert found.p_value_[CENTRE] == pytest.approx(min(1, 2 * min(tails)))


def test_permutation_p_agrees_with_the_hypergeometric_truth():
    """With 0/1 values the neighbours' sum is hypergeometric."""
    values = np.zeros(len(CELLS))
    values[np.random.default_rng(2).choice(len(CELLS), 30, replace=False)] = 1
    weights = connect(CELLS)
    p, _ = permute_neighbors(values, weights, 20_000, np.random.default_rng(3))
    i = CELLS.get_loc(CENTRE)
    k, rest = (weights @ values)[i], 30 - values[i]
    truth = stats.hypergeom(len(CELLS) - 1, rest, 6)
    assert p[i] == pytest.approx(min(1, 2 * min(truth.sf(k - 1), truth.cdf(k))), abs=0.02)


def test_early_stop_leaves_small_p_values_as_they_are():
    values = np.random.default_rng(4).normal(size=len(CELLS))
    values[:7] += 4
    full, stopped = (permute_neighbors(values, connect(CELLS), 999, np.random.default_rng(5), e)[0] for e in (None, 20))
    small = full < 0.03
    assert small.any()
    np.testing.assert_array_equal(full[small], stopped[small])
    assert np.abs(full - stopped).mean() < 0.1


@pytest.mark.parametrize(("n", "size"), [(3, 2), (30, 6), (5000, 6), (10, 0)])
def test_the_table_draws_without_replacement_from_the_others(n, size):
    table = draw_table(n, size, 300, np.random.default_rng(6))
    assert table.shape == (300, size)
    if size:
        assert table.min() >= 0
        assert table.max() < n - 1
        assert all(len(set(row)) == size for row in table.tolist())


def test_cells_without_neighbours_are_not_tested():
    lonely = CELLS[:1].append(pd.Index([h3.latlng_to_cell(0, 0, 8)]))
    panel = pd.DataFrame([[5.0, 9.0]], index=pd.to_datetime(["2024-01-01"]), columns=lonely)
    for null in ("expected", "raw"):
        found = LocalMoran(null=null).fit(panel, pd.Series(1.0, index=lonely))
        assert (found.p_value_ == 1).all()
        assert (found.labels_ == "not significant").all()
