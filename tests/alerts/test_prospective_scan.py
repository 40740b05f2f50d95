"""The prospective scan as a detector: its zones, its false alarms against those announced, and its alerts."""

import h3
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import patrolgeo as pg
from patrolgeo.alerts._negbin import draw
from patrolgeo.alerts.prospective_scan import _alone, _draw_of_total
from patrolgeo.errors import DataError
from patrolgeo.testing import check_detector

CELLS = pg.HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(31.7, 119.95, 8), 3)).cells
WEEKS = pd.date_range("2022-01-03", periods=110, freq="7D", name="period")
ZONE = sorted(h3.grid_disk(CELLS[18], 1))


def panel_of(seed=0, mean=1.0, spread=2.0):
    """Counts with a season, more varied than Poisson; nothing rises."""
    rng = np.random.default_rng(seed)
    rate = mean * rng.gamma(4, 0.25, len(CELLS)) * np.exp(0.4 * np.sin(np.arange(len(WEEKS)) / 8.3))[:, None]
    return pd.DataFrame(rng.poisson(rng.gamma(rate / (spread - 1), spread - 1)).astype(float), WEEKS, CELLS)


@pytest.fixture(scope="module")
def risen():
    """Two more a week in each of seven neighbours for three weeks."""
    panel = panel_of(spread=1.3)
    panel.loc[WEEKS[-3:], ZONE] += 2
    return panel


def test_it_keeps_what_every_detector_keeps():
    check_detector(pg.ProspectiveScan(n_paths=99))


def test_a_rise_of_neighbours_is_one_alarm_with_its_zone(risen):
    found = pg.ProspectiveScan(n_paths=199).monitor(risen, test=2)
    last = found.iloc[-1]
    zone = last["zone"]
    assert len(set(zone[zone != ""]) & set(ZONE)) == 1
    members = set(zone.index[zone != ""])
    assert len(members & set(ZONE)) >= 5 >= len(members - set(ZONE))
    assert last["alarm"].sum() == 1
    heart = last["alarm"].astype(bool).idxmax()
    assert zone[heart] == heart
    assert (last["p_value"][list(members)] <= 0.01).all()
    alone = pg.NegBinEwma(alpha=0.001).monitor(risen[ZONE], test=1)["alarm"].to_numpy()
    assert alone.sum() <= 2  # no place shows by itself what the zone shows


def test_the_order_of_places_and_what_they_are_called_is_no_matter(risen):
    detector = pg.ProspectiveScan(n_paths=99, alpha=0.05)
    found = detector.monitor(risen, test=1)
    mixed = detector.monitor(risen.sample(frac=1, axis=1, random_state=1), test=1)
    pd.testing.assert_frame_equal(mixed.reindex(columns=found.columns), found)
    places = pd.DataFrame([h3.cell_to_latlng(c) for c in CELLS], CELLS)
    named = pg.ProspectiveScan(n_paths=99, alpha=0.05, coords=places[[1, 0]].to_numpy() * 1e5)
    assert named.monitor(risen.set_axis(range(len(CELLS)), axis=1), test=1)["alarm"].to_numpy().sum() == 1


def test_false_alarms_are_as_many_as_announced():
    """Nothing rises over 150 weeks: the alarms are within what chance gives around the announced number."""
    told = real = 0.0
    for seed in range(3):
        found = pg.ProspectiveScan(alpha=0.1, n_paths=99).monitor(panel_of(seed, mean=1.5), test=50)
        told, real = told + sum(found.attrs["false_alarms"].values()), real + found["alarm"].to_numpy().sum()
    assert told == pytest.approx(15)
    low, high = stats.poisson.ppf([0.005, 0.995], told)
    assert low <= real <= high


def test_alerts_of_a_scan_are_its_zones_and_the_number_is_the_announced_one(risen):
    both = pd.concat({"theft": risen, "burglary": panel_of(5)}, axis=1, names=["category", "cell"])
    found = pg.raise_alerts(both, pg.ProspectiveScan(n_paths=999, alpha=0.06), test=1)
    assert set(found["kind"]) == {"place"}
    assert (found["q"] == found["p"]).all()
    assert found.iloc[0]["what"] in ("", "theft")
    assert found.iloc[0]["place"] in ZONE
    assert sum(found.attrs["false_alarms"].values()) == pytest.approx(0.06)  # all, theft and burglary share it
    assert sum(found.attrs["by_kind"]["place"].values()) == pytest.approx(0.06)


def test_draws_of_a_total_are_those_of_the_law_given_the_sum():
    """Against counts that are drawn freely and kept only where they happen to sum to the total."""
    mean, variance = np.array([1.0, 2.0, 3.0]), 2 * np.array([1.0, 2.0, 3.0])
    rng = np.random.default_rng(0)
    free = draw(rng, mean, variance, 60_000)
    kept = free[free.sum(axis=1) == 6]
    given = _draw_of_total(rng, mean, variance, len(kept))
    assert (given.sum(axis=1) == 6).all()
    for k in range(3):
        tables = [np.bincount(part[:, k].astype(int), minlength=7) for part in (kept, given)]
        assert stats.chi2_contingency(tables).pvalue > 0.001


def test_the_bound_of_a_place_is_the_largest_count_that_is_no_alarm():
    mean, limit = np.array([0.01, 1.0, 40.0]), 5.0
    ratios = [np.array([c * np.log(max(c, 1e-9) / m) - c + m if c > m else 0 for c in range(200)]) for m in mean]
    assert _alone(limit, mean).tolist() == [float(np.flatnonzero(r <= limit)[-1]) for r in ratios]


@pytest.mark.parametrize(("how", "counts", "match"), [
    ({}, panel_of().set_axis(range(len(CELLS)), axis=1), "H3|coords"),
    ({"alpha": 2}, None, "alpha"),
    ({"longest": 0}, None, "longest"),
    ({"n_paths": 5}, None, "n_paths"),
    ({}, panel_of() + 0.5, "whole"),
    ({}, pd.concat({"a": panel_of()}, axis=1, names=["sort", "spot"]), "cell"),
])  # fmt: skip
def test_nonsense_is_refused(how, counts, match):
    with pytest.raises(DataError, match=match):
        pg.ProspectiveScan(**how).monitor(counts, test=1)
