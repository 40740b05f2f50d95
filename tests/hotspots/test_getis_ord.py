"""Gi* against expected counts and the classical Gi and Gi*."""

import h3
import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats

from patrolgeo import GetisOrd
from patrolgeo.errors import AlignmentError, DataError, PatrolgeoWarning

CENTRE = "8840e0c48bfffff"


@pytest.fixture(scope="module")
def residents() -> pd.Series:
    """A county: a town in the middle, villages around it, half of the cells empty."""
    rng = np.random.default_rng(1)
    cells = pd.Index(sorted(h3.grid_disk(CENTRE, 14)), name="cell")
    hops = np.array([h3.grid_distance(CENTRE, c) for c in cells])
    people = rng.gamma(0.5, 120, len(cells)) * (rng.random(len(cells)) < 0.5) + 2000 * np.exp(-((hops / 2) ** 2))
    return pd.Series(people.round(), index=cells)


def one_period(counts: np.ndarray, cells: pd.Index) -> pd.DataFrame:
    return pd.DataFrame(counts[None, :], index=pd.to_datetime(["2024-01-01"]), columns=cells, dtype=float)


def weekly(rng: np.random.Generator, rate: pd.Series, weeks: int = 26) -> pd.DataFrame:
    index = pd.date_range("2024-01-01", periods=weeks, freq="7D")
    return pd.DataFrame(rng.poisson(rate / weeks, (weeks, len(rate))), index=index, columns=rate.index, dtype=float)


def test_incidents_proportional_to_residents_flag_less_than_one_cell_on_average(residents):
    rng = np.random.default_rng(7)
    rate = 2500 * residents / residents.sum()
    flagged = [(GetisOrd().fit_predict(weekly(rng, rate), residents) != "not significant").sum() for _ in range(20)]
    assert np.mean(flagged) < 1


def test_a_threefold_excess_where_fifteen_are_expected_is_found(residents):
    rng = np.random.default_rng(8)
    rate = 2500 * residents / residents.sum()
    found = []
    for cell in residents.index[[50, 200, 400]]:
        ring = pd.Index(h3.grid_disk(cell, 1)).intersection(rate.index)
        planted = rate.copy()
        planted[ring] = 3 * rate[ring] * 15 / rate[ring].sum()
        people = residents.copy()
        people[ring] *= 15 / rate[ring].sum()
        found += [GetisOrd().fit_predict(weekly(rng, planted), people)[cell] == "hot" for _ in range(10)]
    assert np.mean(found) >= 0.9


def test_the_p_value_is_the_binomial_one(residents):
    rng = np.random.default_rng(2)
    counts = rng.multinomial(800, residents / residents.sum()).astype(float)
    model = GetisOrd(dispersion=1.0, min_expected=0.0).fit(one_period(counts, residents.index), residents)
    cell = residents.index[300]
    ring = pd.Index(h3.grid_disk(cell, 1)).intersection(residents.index)
    k = pd.Series(counts, index=residents.index)[ring].sum()
    share = residents[ring].sum() / residents.sum()
    tails = stats.binom.sf(k - 1, 800, share), stats.binom.cdf(k, 800, share)
    assert model.p_value_[cell] == pytest.approx(min(1, 2 * min(tails)))


def test_p_values_of_very_cold_and_very_hot_cells_are_small_but_not_zero(residents):
    counts = residents * 5
    hot, cold = residents.nlargest(40).index[[0, 30]]
    counts[hot] *= 20
    counts[cold] = 0
    model = GetisOrd(alone=True).fit(one_period(counts.to_numpy(), residents.index), residents)
    assert 0 < model.p_value_[cold] < 1e-20
    assert model.labels_[[hot, cold]].tolist() == ["hot", "cold"]


def test_six_points_give_the_published_z():
    xy = np.array([[10, 10], [20, 10], [40, 10], [15, 20], [30, 20], [30, 30]], float)
    near = (np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) <= 15) & ~np.eye(6, dtype=bool)
    panel = one_period(np.array([2, 3, 3.2, 5, 8, 7]), pd.Index(list("abcdef")))
    for star, z in ((False, -1.0136729), (True, -1.39727626)):
        model = GetisOrd(star=star, connectivity=sparse.csr_matrix(near), null="raw").fit(panel)
        assert model.statistic_.iloc[0] == pytest.approx(z)


def test_shuffling_the_cells_shuffles_the_answer(residents):
    panel = weekly(np.random.default_rng(3), residents / 100)
    mixed = panel.sample(frac=1, axis=1, random_state=1)
    for null in ("expected", "raw"):
        one, other = (GetisOrd(null=null).fit(p, residents).p_value_ for p in (panel, mixed))
        pd.testing.assert_series_equal(one, other.reindex(one.index))


def test_all_weights_times_a_constant_change_no_p_value(residents):
    panel = weekly(np.random.default_rng(4), residents / 100)
    harm = panel * np.random.default_rng(5).lognormal(1, 1, panel.shape)
    for table in (panel, harm):
        for null in ("expected", "raw"):
            one, other = (GetisOrd(null=null).fit(table * c, residents, incident=c).p_value_ for c in (1, 3.7))
            np.testing.assert_allclose(one, other, rtol=1e-6)


def test_bursts_in_time_widen_the_null_and_lasting_differences_do_not(residents):
    rng = np.random.default_rng(6)
    rate = 2500 * residents / residents.sum()
    uneven = rate * rng.gamma(0.5, 2, len(rate))
    assert GetisOrd().fit(weekly(rng, uneven), residents).dispersion_ < 1.25
    bursts = weekly(rng, rate / 4)
    bursts *= rng.choice([2.0, 4.0], bursts.shape)
    assert 3 < GetisOrd().fit(bursts, residents).dispersion_ < 5


def test_without_exposure_a_warning_tells_both_ways_out(residents):
    with pytest.warns(PatrolgeoWarning, match=r"exposure=residents.*null='raw'"):
        GetisOrd().fit(one_period(np.ones(len(residents)), residents.index))


def test_wrong_input_is_refused_with_the_way_out(residents):
    panel = one_period(np.ones(3), pd.Index(list("abc")))
    with pytest.raises(DataError, match="not an H3 cell"):
        GetisOrd(null="raw").fit(panel)
    with pytest.raises(AlignmentError, match="shape"):
        GetisOrd(null="raw", connectivity=np.eye(2)).fit(panel)
    with pytest.raises(DataError, match="did you mean 'raw'"):
        GetisOrd(null="row").fit(panel)
    with pytest.raises(AlignmentError, match="lacks"):
        GetisOrd().fit(one_period(np.ones(len(residents)), residents.index), residents.iloc[1:])
    with pytest.raises(DataError, match="dispersion=0 must be"):
        GetisOrd(dispersion=0).fit(panel)
    with pytest.raises(DataError, match="null='rate' needs exposure"):
        GetisOrd(null="rate", connectivity=np.eye(3)).fit(panel)
    with pytest.raises(DataError, match="negative or missing weight"):
        GetisOrd(connectivity=-np.eye(3)).fit(panel)
    with pytest.raises(DataError, match="exposure holds negative"):
        GetisOrd().fit(one_period(np.ones(len(residents)), residents.index), -residents)
    with pytest.raises(DataError, match="0 in every cell"):
        GetisOrd().fit(one_period(np.ones(len(residents)), residents.index), residents * 0)


@pytest.mark.parametrize("null", ["expected", "raw"])
@pytest.mark.parametrize("cells", [1, 7])
@pytest.mark.parametrize("counts", [0, 1, 3])
def test_empty_and_tiny_tables_give_a_quiet_answer(null, cells, counts):
    labels = pd.Index(h3.grid_disk(CENTRE, 1)[:cells])
    panel = one_period(np.r_[counts, np.zeros(cells - 1)], labels)
    answer = GetisOrd(null=null).fit(panel, pd.Series(1.0, index=labels))
    assert (answer.labels_ == "not significant").all()
    assert answer.p_value_.between(0, 1).all()
    no_rows = GetisOrd(null=null).fit(panel.iloc[:0], pd.Series(1.0, index=labels))
    assert (no_rows.p_value_ == 1).all()
