"""PAI and hit rate on three kinds of units, worked out a second time from the formulas alone, in plain Python."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import patrolgeo as pg
from small_city import KINDS, small_city


def hits_by_hand(counts, forecast, size, budget):
    """Incidents in the budget: densest units first, ties by expectation, the last unit in part; exact fractions."""
    groups = {}
    for unit, said in forecast.items():
        groups.setdefault(float(f"{said / size[unit]:.11e}"), []).append(unit)
    left, caught = Fraction(budget), Fraction(0)
    for density in sorted(groups, reverse=True):
        units = groups[density]
        area = sum(Fraction(float(size[u])) for u in units)
        part = min(Fraction(1), left / area)
        caught += part * sum(Fraction(float(counts[u])) for u in units)
        left -= part * area
        if left <= 0:
            break
    return float(caught)


def by_hand(counts, forecast, size, share):
    """Hit rate n / N and PAI (n/N) / (a/A)."""
    whole, events = math.fsum(size), math.fsum(counts)
    rate = hits_by_hand(counts, forecast, size, share * whole) / events
    return rate, rate / share


def own_size(city):
    """Area of cells, length of segments, measured from their shapes and not taken from the units."""
    shapes = city.units.geometry.to_crs("+proj=aea +lat_0=31.72 +lon_0=119.92 +lat_1=31.7 +lat_2=31.75 +datum=WGS84")
    return shapes.length if city.units.are_lines else shapes.area


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.003, 0.01, 0.05, 0.37])
def test_pai_and_hit_rate_are_those_worked_out_by_hand(kind, share):
    city = small_city(kind)
    models = {"mean": pg.HistoricalMean(), "kernel": pg.KernelRisk(), "people": pg.ExposureMap()}
    said = pg.backtest(models, city.panel, n_origins=2, exposure=city.residents.round(-2), units=city.units)
    said = pd.concat({"even": said["mean"] * 0 + 3.0} | {m: said[m] for m in models}, axis=1, names=["model"])
    scores = pg.evaluate(city.panel, said, ["hit_rate", "pai"], units=city.units, budgets=[share])
    size = city.units.size
    for row in scores.itertuples(index=False):
        rate, index = by_hand(city.panel.loc[row.period], said[row.model].loc[row.period], size, share)
        assert row[2] == pytest.approx(rate, abs=1e-9)
        assert row[3] == pytest.approx(index, abs=1e-9 / share)


@pytest.mark.parametrize("kind", KINDS)
def test_sizes_are_those_of_the_shapes(kind):
    city = small_city(kind)
    mine, theirs = own_size(city), city.units.size
    np.testing.assert_allclose(theirs / theirs.sum(), mine / mine.sum(), rtol=2e-5)
