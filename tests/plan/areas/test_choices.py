"""Goals with weights, plans by shift, plans to choose from: what they promise, checked by other means."""

import h3
import numpy as np
import pandas as pd
import pytest

import patrolgeo as pg
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan.optimise.pareto import spread_out, undominated

GRID = pg.HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 8), 7))
WORK = pd.Series(np.random.default_rng(3).gamma(0.7, size=len(GRID)) + 0.2, index=GRID.cells)
RULES = pg.AreaRules(tolerance=0.05)


def design(work=WORK, **options):
    return pg.design_areas(work, GRID, 6, **{"rules": RULES, "prove": False, "effort": 100, **options})


@pytest.fixture(scope="module")
def by_travel():
    return design()


@pytest.mark.parametrize("goals", [{"minmax": 1.0}, {"travel": 0.5, "response": 0.5, "within_minutes": 5.0}, "equity"])
def test_a_goal_is_never_worse_than_in_the_plan_by_travel_and_the_rules_hold(goals, by_travel):
    plan = design(objective=goals)
    assert plan.objective <= 1 + 1e-9
    assert plan.noncontiguous == 0
    assert (plan.measures.by_area["over_mean"] - 1).abs().max() <= 0.05 + 1e-9
    table = plan.goals
    assert (table["weight"] * table["ratio"]).sum() == pytest.approx(plan.objective)
    if goals == {"minmax": 1.0}:
        assert table.loc["minmax", "value"] == pytest.approx(plan.worst_travel_minutes)
        assert plan.worst_travel_minutes <= by_travel.worst_travel_minutes


def test_several_criteria_are_balanced_together(by_travel):
    night = pd.Series(np.random.default_rng(4).gamma(0.5, size=len(GRID)), index=GRID.cells)
    goals = pg.AreaGoals(travel=0.3, balance=0.7, criteria=night.to_frame("night"))
    load = night.groupby(design(objective=goals).labels).sum()
    before = night.groupby(by_travel.labels).sum()
    assert load.max() / load.mean() < before.max() / before.mean()


def test_no_more_units_change_than_allowed_and_balance_is_better_than_today(by_travel):
    other = WORK * np.exp(0.5 * (GRID.xy[:, 0] > GRID.xy[:, 0].mean()))
    for most in (0.0, 0.05, 0.2):
        plan = design(other, current=by_travel.labels, rules=pg.AreaRules(tolerance=0.05, max_change=most))
        assert (plan.labels != by_travel.labels).mean() <= most + 1e-9
        load = other.groupby(by_travel.labels).sum()
        assert plan.max_over_mean <= load.max() / load.mean() + 1e-9
    people = pd.Series(1.0 + (GRID.xy[:, 1] > 0), index=GRID.cells)
    plan = design(other, current=by_travel.labels, rules=pg.AreaRules(max_change=0.1, change_by=people))
    assert people[plan.labels != by_travel.labels].sum() <= 0.1 * people.sum() + 1e-9


def test_too_few_areas_on_an_island_are_mended_by_giving_up_others():
    side = GRID.xy[:, 0] > np.quantile(GRID.xy[:, 0], 0.3)
    minutes = pg.hexagon_graph(GRID)
    pairs = minutes.minutes.tocoo()
    same = side[pairs.row] == side[pairs.col]
    bridge = np.flatnonzero(~same & (pairs.row < pairs.col))[:1]
    keep = same | np.isin(np.arange(len(same)), bridge)
    ends = pd.DataFrame({"a": GRID.cells[pairs.row[keep]], "b": GRID.cells[pairs.col[keep]]})
    near = pd.crosstab(ends["a"], ends["b"]).reindex(index=GRID.cells, columns=GRID.cells, fill_value=0)
    travel = pg.unit_graph(GRID.geometry, adjacency=np.minimum(near + near.T, 1).to_numpy())
    today = design().labels.where(side, 0).where(~side, lambda old: old.where(old != 0, 1))
    today = pd.Series(pd.factorize(today)[0], index=GRID.cells)  # one area for three tenths of the land
    work = WORK.where(side, WORK * 3)
    before = pg.measure_areas(today, work, travel).max_over_mean
    plan = pg.design_areas(work, travel, today.nunique(), current=today, rules=RULES, prove=False)
    assert before > 1.5
    assert plan.max_over_mean < 1.1
    assert plan.noncontiguous == 0


def test_two_shifts_differ_by_no_more_than_wanted():
    east = GRID.xy[:, 0] > GRID.xy[:, 0].mean()
    work = pd.DataFrame({"day": WORK * (1 + 0.15 * east), "late": WORK, "night": WORK * (1.15 - 0.15 * east)})
    found = pg.design_shift_areas(work, GRID, 6, max_change=0.1, rules=RULES, prove=False, effort=60)
    labels = found.labels
    for a in labels:
        assert found.plans[a].noncontiguous == 0
        for b in labels:
            assert (labels[a] != labels[b]).mean() <= 0.1 + 1e-9
            assert found.changes.loc[a, b] == pytest.approx((labels[a] != labels[b]).mean())
    assert found.table["max_over_mean"].max() < found.table["base_max_over_mean"].max() + 1e-9
    assert set(found.handovers.index) == set(labels.index[labels.nunique(axis=1) > 1])


def test_compact_areas_by_shift_need_areas_to_start_from():
    work = pd.DataFrame({"day": WORK, "night": WORK})
    with pytest.raises(DataError, match="give them as base="):
        pg.design_shift_areas(work, GRID, 6, rules=pg.AreaRules(compact=True))


def test_no_plan_of_a_pareto_set_is_beaten_and_a_choice_can_be_made_again(by_travel):
    found = pg.pareto_areas(WORK, GRID, 6, current=by_travel.labels, tolerances=(0.02, 0.1), n_plans=6, effort=40)
    rows = found.table[list(found.criteria)].to_numpy().tolist()
    for i, one in enumerate(rows):  # plainly, pair by pair
        for j, other in enumerate(rows):
            if i != j:
                assert not all(a <= b for a, b in zip(one, other, strict=True))
    assert (found.table["travel_bound"] <= found.table["travel"] + 1e-9).all()
    row = found.table.iloc[-1]
    goals = {"travel": row["travel_weight"], "minmax": row.get("minmax_weight", np.nan)}
    again = design(
        current=by_travel.labels, effort=40, objective={k: v for k, v in goals.items() if v == v},
        rules=pg.AreaRules(tolerance=row["tolerance"], stay_minutes=row["stay_minutes"]),
    ).labels  # fmt: skip
    assert again.equals(found.plan(len(found.plans)).labels)
    assert found.plan_file_line(1).startswith("choice = {tolerance = ")


def test_rows_that_nothing_beats_are_those_of_pairwise_comparison():
    values = np.random.default_rng(0).integers(0, 5, (60, 3)).astype(float)
    beaten = [any((o <= v).all() and (o < v).any() for o in values) for v in values]
    assert {tuple(v) for v in values[undominated(values)]} == {
        tuple(v) for v, b in zip(values, beaten, strict=True) if not b
    }
    assert len(spread_out(values, 5)) == 5


@pytest.mark.parametrize("nonsense", [
    {"objective": {"speed": 1.0}}, {"objective": {"travel": -1.0}}, {"objective": {"response": 1.0}},
    {"objective": {"reform": 1.0}}, {"objective": {}}, {"rules": {"max_change": 0.1}}, {"rules": {"max_change": -1}},
    {"rules": {"change_by": WORK}},
])  # fmt: skip
def test_nonsense_is_refused(nonsense):
    with pytest.raises((DataError, InfeasibleError)):
        design(**{k: pg.AreaRules(**v) if k == "rules" else v for k, v in nonsense.items()})
