"""Alerts: kinds, grades, control of false discoveries, what is announced, what is refused."""

import h3
import numpy as np
import pandas as pd
import pytest

import patrolgeo as pg
from patrolgeo.alerts.raise_alerts import COLUMNS, adjusted
from patrolgeo.errors import AlignmentError, DataError

WEEKS = pd.date_range("2022-01-03", periods=150, freq="7D", name="period")
GRID = pg.HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(31.7, 119.95, 8), 3))
CELLS = GRID.cells


def quiet(seed=0, mean=1.0, columns=CELLS):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.poisson(mean, (len(WEEKS), len(columns))).astype(float), WEEKS, columns)


def levels(seed=0, name="category", labels=("burglary", "theft")):
    columns = pd.MultiIndex.from_product([labels, CELLS], names=[name, "cell"])
    return quiet(seed, 0.6, columns)


def test_a_rise_of_a_place_is_found_with_its_grade_and_its_first_week():
    panel = quiet()
    panel.iloc[-3:, 5] += 9
    found = pg.raise_alerts(panel, pg.NegBinEwma(), test=6)
    assert list(found.columns) == COLUMNS
    rise = found[found["place"] == CELLS[5]]
    assert rise["period"].tolist() == list(WEEKS[-3:])
    assert (rise["first_seen"] == WEEKS[-3]).all()
    assert set(rise["grade"]) <= {1, 2}
    assert set(rise["state"]) == {"continuing"}
    assert rise["observed"].tolist() == panel.iloc[-3:, 5].tolist()
    ended = pg.raise_alerts(panel.assign(**{CELLS[5]: panel[CELLS[5]].where(panel.index != WEEKS[-1], 1)}),
                            pg.NegBinEwma(), test=6)  # fmt: skip
    assert set(ended.loc[ended["place"] == CELLS[5], "state"]) == {"over"}


def test_a_rise_of_a_category_and_of_a_time_of_day():
    """One more in every third cell: no cell stands out, their sum does, and under its own kind."""
    for name, kind in (("category", "crime_kind"), ("hours", "time_of_day")):
        panel = levels(1, name, ("late", "early"))
        panel.loc[WEEKS[-1], [("late", cell) for cell in CELLS[::2]]] += 1
        found = pg.raise_alerts(panel, pg.NegBinEwma())
        assert ("late", kind) in set(zip(found["what"], found["kind"], strict=True))
        assert set(found.loc[found["kind"] == kind, "what"]) == {"late"}


def test_spread_needs_a_rise_of_the_middle_before():
    """The ring of a cell rises: an alert of spread where the cell rose in the weeks before, none where it did not."""
    middle = CELLS[int(np.argmax(GRID.adjacency(1).sum(axis=1)))]
    ring = [c for c in h3.grid_ring(middle, 1) if c in CELLS]
    panel = quiet(2)
    panel.loc[WEEKS[-2:], ring] += 2
    without = pg.raise_alerts(panel, pg.NegBinEwma(), test=8, neighbors=GRID.adjacency(1))
    assert middle not in set(without.loc[without["kind"] == "spread", "place"])
    panel.loc[WEEKS[-5:-2], middle] += 9
    found = pg.raise_alerts(panel, pg.NegBinEwma(), test=8, neighbors=GRID.adjacency(1))
    spread = found[found["kind"] == "spread"]
    assert middle in set(spread["place"])
    assert spread["period"].min() >= WEEKS[-2]
    total = panel.loc[WEEKS[-2], ring].sum()
    assert spread.loc[(spread["place"] == middle) & (spread["period"] == WEEKS[-2]), "observed"].tolist() in (
        [total],
        [],
    )


def test_false_alerts_are_as_many_as_announced():
    """Nothing rises: alerts over the announced number, at a loose rate of false discoveries so that there are some."""
    rng = np.random.default_rng(3)
    level = rng.gamma(3, 1, 150)
    counts = rng.poisson(rng.gamma(level, 1.0, (len(WEEKS), 150))).astype(float)
    panel = pd.DataFrame(counts, WEEKS, [f"v{k}" for k in range(150)])
    for fdr in (None, 0.3):
        found = pg.raise_alerts(panel, pg.NegBinEwma(), fdr=fdr, test=100)
        told = sum(found.attrs["false_alarms"].values())
        assert len(found.attrs["false_alarms"]) == 100
        both = pd.concat([found, found]).round({"expected": 2})  # pandas compares attrs
        assert len(both) == 2 * len(found)
        assert 0.7 * told - 2 * np.sqrt(0.7 * told) <= len(found) <= 1.3 * told + 2 * np.sqrt(1.3 * told) + 2


def test_areas_are_sums_of_cells():
    panel = quiet(4)
    area = pd.Series(np.arange(len(CELLS)) % 4, CELLS)
    panel.iloc[-1, :4] += 25
    found = pg.raise_alerts(panel, pg.NegBinEwma(), by=area)
    by_hand = pg.raise_alerts(panel.T.groupby(area).sum().T, pg.NegBinEwma())
    pd.testing.assert_frame_equal(found, by_hand)
    assert set(found["place"]) == {0, 1, 2, 3}
    with pytest.raises(AlignmentError):
        pg.raise_alerts(panel, pg.NegBinEwma(), by=area.iloc[1:])


@pytest.mark.parametrize("name", ["petition", "集会", "religious assembly"])
def test_nobody_is_warned_of_petitions_or_beliefs(name):
    with pytest.raises(DataError, match="not risks"):
        pg.raise_alerts(quiet(), pg.NegBinEwma(), what=name, area_km2=1e4)
    with pytest.raises(DataError, match="not risks"):
        pg.raise_alerts(levels(labels=("theft", name)), pg.NegBinEwma(), area_km2=1e4)


def test_sensitive_kinds_need_a_township():
    with pytest.raises(DataError, match="township"):
        pg.raise_alerts(quiet(), pg.NegBinEwma(), what="domestic violence")
    assert len(pg.raise_alerts(quiet(), pg.NegBinEwma(), what="domestic violence", area_km2=60).columns) == len(COLUMNS)


def test_a_change_of_recording_is_told_from_a_rise():
    """Everything doubles everywhere and stays: recording. The same number more, in two cells: a rise."""
    rng = np.random.default_rng(5)
    columns = pd.MultiIndex.from_product([["fraud"], CELLS], names=["category", "cell"])
    counts = rng.poisson(6.0, (len(WEEKS), len(CELLS))).astype(float)
    step, rise = counts.copy(), counts.copy()
    step[-6:] = rng.poisson(12.0, (6, len(CELLS)))
    rise[-6:, :4] += 60
    for values, recording in ((step, True), (rise, False)):
        found = pg.raise_alerts(pd.DataFrame(values, WEEKS, columns), pg.NegBinEwma(half_life=100.0), test=7)
        whole = found[(found["kind"] == "crime_kind") & (found["period"] == WEEKS[-1])]
        assert whole["recording"].tolist() == [recording]


def test_q_values_are_those_of_scipy():
    from scipy.stats import false_discovery_control

    p = np.random.default_rng(0).random(50) ** 3
    np.testing.assert_allclose(adjusted(p), false_discovery_control(p))


def test_a_detector_of_ones_own_serves():
    class Own:
        def monitor(self, counts, exposure=None, *, test=None):
            at = counts.iloc[test]
            p = 1.0 / (1 + at) ** 4
            return pd.concat({"expected": at * 0 + 1, "upper": at * 0 + 5, "p_value": p, "alarm": at > 5}, axis=1)

    panel = quiet(6)
    panel.iloc[-1, 3] = 40
    found = pg.raise_alerts(panel, Own())
    assert found["place"].tolist() == [CELLS[3]]


def test_late_records_are_learned():
    """Half come at once, half a week later: the last days are half there, and the truth is found where it is cut."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=120, freq="D", name="period")
    times = pd.Series(days.repeat(40))
    entered = times + pd.to_timedelta(np.where(rng.random(len(times)) < 0.5, 0, rng.integers(1, 15, len(times))), "D")
    here = entered <= days[-1]
    share = pg.arrived_share(times[here], entered[here], days, days[-1])
    true = pd.Series(here.to_numpy(), times).groupby(level=0).mean()
    assert (share - true).abs().iloc[-16:].mean() < 0.06
    assert share.iloc[0] == 1
    with pytest.raises(DataError, match="before they happened"):
        pg.arrived_share(entered[here], times[here], days, days[-1])
