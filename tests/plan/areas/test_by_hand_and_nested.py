"""Drafts, nested areas, curves and draws: each number is found again by other means."""

import h3
import numpy as np
import pandas as pd
import pytest

import patrolgeo as pg
from patrolgeo.errors import DataError, InfeasibleError

GRID = pg.HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 8), 7))
COUNTS = pd.Series(np.random.default_rng(5).poisson(6, len(GRID)), index=GRID.cells)
WORK = COUNTS + 1.0


@pytest.fixture(scope="module")
def plan():
    return pg.design_areas(WORK, GRID, 5, effort=60)


def border_moves(draft, n, seed=0):
    """Return units with a neighbour in another area, and that area."""
    pairs, labels = GRID.adjacency().tocoo(), draft.labels.to_numpy()
    cut = np.flatnonzero(labels[pairs.row] != labels[pairs.col])
    some = np.random.default_rng(seed).choice(cut, n, replace=False)
    return dict(zip(GRID.cells[pairs.row[some]], labels[pairs.col[some]].tolist(), strict=True))


def test_a_draft_says_what_measuring_the_plan_anew_says_and_goes_back_step_by_step(plan):
    draft = pg.draft_areas(plan)
    for turn in range(4):
        draft = draft.move(border_moves(draft, 6, turn))
        again = pg.measure_areas(draft.labels, plan.workload, plan.travel)
        assert draft.max_over_mean == pytest.approx(again.max_over_mean)
        assert draft.by_area["pieces"].tolist() == again.by_area["pieces"].tolist()
        assert draft.bound <= draft.objective
        cheapest = min(draft.objective, again.mean_travel_minutes * plan.workload.sum())
        assert draft.bound <= cheapest * (1 + 1e-6) or (draft.by_area["center"] != again.by_area["center"]).any()
    changed = draft.to_plan()
    assert changed.labels.equals(draft.labels)
    assert changed.by_hand == draft.moved
    for _ in range(4):
        draft = draft.undo()
    assert draft.labels.equals(plan.labels)
    assert draft.undo() is draft


def test_locked_units_stay_and_nonsense_is_refused(plan):
    draft = pg.draft_areas(plan, locked=[GRID.cells[0]])
    other = (plan.labels[GRID.cells[0]] + 1) % 5
    with pytest.raises(DataError, match="locked"):
        draft.move({GRID.cells[0]: other})
    assert draft.unlock([GRID.cells[0]]).move({GRID.cells[0]: other}).labels[GRID.cells[0]] == other
    for wrong in ({"nowhere": 0}, {GRID.cells[1]: 99}, dict.fromkeys(plan.labels.index[plan.labels == 2], 1)):
        with pytest.raises(DataError):
            draft.move(wrong)
    with pytest.raises(DataError):
        draft.lock(["nowhere"])


def test_nested_areas_lie_in_each_other_and_their_sums_add_up():
    found = pg.nest_areas(WORK, GRID, {"station": 2, "police": 5, "volunteer": 13}, effort=40, prove=False)
    codes = found.codes
    assert [codes[tier].nunique() for tier in codes] == [2, 5, 13]
    for above, below in (("station", "police"), ("police", "volunteer")):
        assert (codes.groupby(below)[above].nunique() == 1).all()
        assert (codes[below].str.rsplit(".", n=1).str[0] == codes[above]).all()
    sums = found.roll_up(COUNTS)
    assert (sums.groupby("tier")["sum"].sum() == COUNTS.sum()).all()
    table = found.table
    inner = table[table["tier"] == "police"].groupby("parent")["workload"].sum()
    outer = table[table["tier"] == "station"].set_index("code")["workload"]
    pd.testing.assert_series_equal(inner, outer, check_names=False)
    with pytest.raises(InfeasibleError):
        pg.nest_areas(WORK, GRID, {"station": 4, "police": 2}, effort=20)
    with pytest.raises(DataError):
        pg.nest_areas({"station": WORK}, GRID, {"station": 2, "police": 4}, effort=20)


def test_a_curve_is_what_the_plans_are_and_its_intervals_hold_the_gain():
    curve = pg.areas_curve(WORK, GRID, (3, 5, 8), within_minutes=7, records=COUNTS, unit_minutes=100.0, effort=40)
    plan = pg.design_areas(WORK, GRID, 5, effort=40, prove=False)
    assert curve.loc[5, "mean_minutes"] == pytest.approx(plan.mean_travel_minutes)
    load = plan.measures.by_area["workload"]
    assert curve.loc[5, "staff"] == sum(int(-(-w // 100)) for w in load)
    later = curve.iloc[1:]
    assert ((later["gain_low"] < later["gain"]) & (later["gain"] < later["gain_high"])).all()
    assert curve.loc[8, "gain"] * 3 == pytest.approx(curve.loc[5, "mean_minutes"] - curve.loc[8, "mean_minutes"])
    assert pg.fewest_areas(curve, curve.loc[5, "within"]) == 5
    with pytest.raises(InfeasibleError, match="bring"):
        pg.fewest_areas(curve, 0.9999)


def test_draws_keep_the_total_and_a_floor_is_that_of_even_areas(plan):
    draws = pg.bootstrap_workload(WORK, COUNTS, n_draws=300)
    assert draws.sum().to_numpy() == pytest.approx(WORK.sum())
    assert (draws.mean(axis=1) / WORK)[COUNTS > 3].mean() == pytest.approx(1.0, abs=0.05)
    held = pg.area_robustness(plan, draws, redrawn=3)
    load = draws.groupby(plan.labels).sum()
    assert held.mean == pytest.approx((load.max() / load.mean()).mean())
    n = int(COUNTS.sum())
    even = np.random.default_rng(1).multinomial(n, np.full(5, 0.2), size=4000)
    assert held.floor - 1 == pytest.approx((even.max(axis=1) / (n / 5)).mean() - 1, rel=0.25)
    assert held.stays.between(0, 1).all()
    panel = pd.DataFrame(np.random.default_rng(2).poisson(1, (8, len(GRID))), columns=GRID.cells)
    assert pg.bootstrap_workload(WORK, panel, block=4, n_draws=5).shape == (len(GRID), 5)


def test_a_robust_plan_is_no_worse_over_the_draws_at_little_more_travel(plan):
    draws = pg.bootstrap_workload(WORK, COUNTS, n_draws=40)
    robust = pg.design_areas(WORK, GRID, 5, effort=60, robust=draws)
    assert pg.area_robustness(robust, draws, redrawn=0).mean <= pg.area_robustness(plan, draws, redrawn=0).mean + 0.01
    assert robust.mean_travel_minutes <= 1.03 * plan.mean_travel_minutes + 1e-9
    assert robust.bound <= robust.objective
    with pytest.raises(DataError):
        pg.design_areas(WORK, GRID, 5, robust=draws, objective="minmax")
