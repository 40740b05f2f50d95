"""Effects: published and independent answers, the refusals, and what nonsense is told."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import patrolgeo as pg
from patrolgeo.errors import AlignmentError, DataError, InfeasibleError


@pytest.fixture(scope="module")
def answers(real_data):
    return json.loads((real_data / "oracles" / "oracles2.json").read_text(encoding="utf-8"))


def counts(seed=0, periods=12, units=30, mean=5.0):
    return pd.DataFrame(
        np.random.default_rng(seed).poisson(mean, (periods, units)), columns=[f"u{i}" for i in range(units)]
    )


# --- published numbers -----------------------------------------------------------------------------------------------


@pytest.mark.real
def test_displacement_differences_are_those_of_the_formula(answers):
    for case in answers["weighted_displacement_more"]["expected"]:
        a, b, c, d, beside, periods, areas = case["inputs"]
        more = [] if beside is None else [beside[2:], beside[:2]]
        found = pg.weighted_displacement((c, d), (a, b), *more, periods=periods, areas=areas)
        told = [found.effect, found.standard_error, found.z, found.low, found.high]
        assert told == pytest.approx([case["estimate"], case["se"], case["z"], *case["interval"]], abs=1e-9)


def test_displacement_difference_of_the_paper():
    found = pg.weighted_displacement((308, 318), (207, 110), (150, 140), (178, 157))
    assert (found.effect, found.standard_error**2) == pytest.approx((-118, 1568))
    assert (found.low, found.high) == pytest.approx((-195.61, -40.39), abs=0.005)
    small = pg.weighted_displacement((20, 20), (20, 10), alpha=0.1)
    assert (small.low, small.high) == pytest.approx((-23.761833, 3.761833), abs=1e-6)
    unequal = pg.weighted_displacement((100, 50), (80, 20), periods=(2, 1))
    assert (unequal.effect, unequal.standard_error**2) == pytest.approx((-20, 115))


def test_harm_is_the_weighted_sum_and_dispersion_widens():
    kinds = [pg.weighted_displacement((10, 12), (9, 4)), pg.weighted_displacement((3, 2), (5, 5))]
    both = pg.weighted_displacement([(10, 12), (3, 2)], [(9, 4), (5, 5)], weights=[1, 7])
    assert both.effect == kinds[0].effect + 7 * kinds[1].effect
    assert both.standard_error**2 == pytest.approx(kinds[0].standard_error ** 2 + 49 * kinds[1].standard_error ** 2)
    wide = pg.weighted_displacement((10, 12), (9, 4), dispersion=4)
    assert wide.standard_error == pytest.approx(2 * kinds[0].standard_error)


@pytest.mark.real
def test_e_test_gives_the_published_p(answers):
    for case in answers["e_test_more"]["expected"]:
        assert pg.e_test(*case["counts"], *case["exposure"]) == pytest.approx(case["p"], abs=1e-6)


def test_exact_interval_holds_the_tails_and_mid_p_counts_half():
    for mid_p in (False, True):
        found = pg.exact_ratio(20, 10, mid_p=mid_p)
        shares = [(1 + end) / (2 + end) for end in (found.low, found.high)]
        lower = stats.binom.sf(9, 30, shares[0]) - mid_p * stats.binom.pmf(10, 30, shares[0]) / 2
        upper = stats.binom.cdf(10, 30, shares[1]) - mid_p * stats.binom.pmf(10, 30, shares[1]) / 2
        assert (lower, upper) == pytest.approx((0.025, 0.025), abs=1e-9)
    assert pg.exact_ratio(0, 3, mid_p=True).high == np.inf
    assert pg.exact_ratio(3, 0, mid_p=True).low == -1


@pytest.mark.real
def test_guarded_blocks_of_buenos_aires(answers, real_data):
    table = pd.read_csv(real_data / "buenos_aires" / "monthly.csv.gz").query("month not in (72, 73)")
    panel = table.pivot(index="month", columns="block", values="car_thefts")
    block = table.groupby("block").first()
    next_door = (block["guarded_next_block"] == 1) & (block["guarded"] == 0)
    two = (block["blocks_away"] == 2) & ~next_door
    rings = {"A": {}, "B": {"one": next_door}, "C": {"one": next_door, "two": two}}
    for case, expected in answers["did_buenos_aires"]["expected"].items():
        ring = pd.Series(None, block.index, dtype="str")
        for name, where in rings[case].items():
            ring[where] = name
        found = pg.difference_in_differences(panel, block["guarded"] == 1, 8, model="linear", rings=ring)
        for arm in ("same", *rings[case]):
            told = found.plain.loc[arm if arm != "same" else "treated"]
            assert told.tolist() == pytest.approx(list(expected[arm].values()), abs=1e-6)
        assert found.effect == pytest.approx(expected["same"]["coef"], abs=1e-9)
        assert found.finding == "fewer"
    assert repr(found).startswith("Impact(beside: one ")  # what moved is said before what was won


@pytest.mark.real
def test_group_time_effects_of_the_county_panel(answers, real_data):
    table = pd.read_csv(real_data / "impact" / "county_panel.csv.gz")
    first = table.groupby("unit")["first_treated"].first()
    panel = table.pivot(index="year", columns="unit", values="lemp")
    started = first[first > 0]
    found = pg.difference_in_differences(panel, started.index, started, model="linear")
    expected = answers["group_time_att_county_panel"]["expected"]
    for key, value in expected["att"].items():
        assert found.group_time["effect"].loc[tuple(map(int, key.split(",")))] == pytest.approx(value, abs=1e-9)
    event = {int(k): v for k, v in expected["event"].items()}
    assert found.by_period["effect"].to_dict() == pytest.approx(event, abs=1e-9)
    assert found.effect == pytest.approx(expected["simple"], abs=1e-9)


@pytest.mark.real
def test_synthetic_california(answers, real_data):
    table = pd.read_csv(real_data / "impact" / "smoking.csv.gz").pivot(index="year", columns="state", values="cigsale")
    found = pg.synthetic_control(table, "California", 1989)
    expected = answers["synthetic_control_smoking"]["expected"]
    assert found.weights.to_dict() == pytest.approx(expected["weights"], abs=0.02)
    assert found.rmspe_before == pytest.approx(expected["rmspe_before"], abs=1e-3)
    assert found.gap.loc[1989:].tolist() == pytest.approx(list(expected["gap"].values()), abs=0.2)
    placebo = answers["placebo_smoking"]["expected"]
    assert (found.rank, found.p_value) == (placebo["rank"], pytest.approx(placebo["p"]))
    assert found.placebos.head(5).index.tolist() == [state for state, _ in placebo["top"]]
    assert found.weights.sum() == pytest.approx(1)


@pytest.mark.real
def test_power_and_cost_are_those_of_the_arithmetic(answers):
    for case in answers["power_weighted_displacement"]["expected"]:
        power = pg.trial_power(case["count_each_before"], case["true_cut"])
        assert power == pytest.approx(case["power"], abs=1e-9)
    cost = pg.cost_benefit(-40, 120_000, 22.4)
    assert cost.low == pytest.approx(answers["cost_per_prevented"]["expected"]["lower"], abs=1e-6)
    assert cost.unbounded
    assert "unbounded" in repr(cost)


# --- independent computations ----------------------------------------------------------------------------------------


def test_poisson_effect_is_the_ratio_of_ratios_and_that_of_a_fit_with_all_dummies():
    panel = counts(units=8)
    found = pg.difference_in_differences(panel, ["u0", "u1", "u2"], 6)
    ours, others = panel[["u0", "u1", "u2"]], panel[[f"u{i}" for i in range(3, 8)]]
    ratio = ours[6:].sum().sum() / ours[:6].sum().sum() / (others[6:].sum().sum() / others[:6].sum().sum())
    assert found.effect == pytest.approx(ratio - 1)
    from patrolgeo.evaluation.impact.interrupted_time_series import fit_poisson

    unit, time = (a.ravel() for a in np.meshgrid(range(8), range(12)))
    step = ((unit < 3) & (time >= 6)).astype(float)
    dummies = np.column_stack([step, unit[:, None] == np.arange(8), time[:, None] == np.arange(1, 12)]).astype(float)
    assert np.expm1(fit_poisson(dummies, panel.to_numpy(float).ravel())[0][0]) == pytest.approx(found.effect, abs=1e-8)


def test_linear_errors_are_those_of_welch():
    panel = counts()
    treated = panel.columns[:10]
    found = pg.difference_in_differences(panel, treated, 6, model="linear")
    change = panel[6:].mean() - panel[:6].mean()
    welch = stats.ttest_ind(change[:10], change[10:], equal_var=False)
    low, high = welch.confidence_interval()
    assert (found.effect, found.low, found.high, found.p_value) == pytest.approx(
        (change[:10].mean() - change[10:].mean(), low, high, welch.pvalue)
    )


def test_order_and_names_of_units_do_not_matter():
    panel = counts()
    treated = panel.columns[:10]
    one = pg.difference_in_differences(panel, treated, 6)
    turned = panel[panel.columns[::-1]].rename(columns=lambda c: "x" + c)
    two = pg.difference_in_differences(turned, ["x" + c for c in treated], 6)
    assert (one.effect, one.low, one.high) == pytest.approx((two.effect, two.low, two.high))


def test_staggered_poisson_counts_what_the_others_let_expect():
    panel = pd.DataFrame(np.full((6, 4), 10.0), columns=list("abcd"))
    panel.loc[2:, "a"], panel.loc[4:, "b"] = 5.0, 5.0
    found = pg.difference_in_differences(panel, ["a", "b"], pd.Series({"a": 2, "b": 4}))
    assert found.effect == pytest.approx(-0.5)
    assert found.prevented[0] == pytest.approx(5 * 4 + 5 * 2)
    without = pg.difference_in_differences(panel[["a", "b"]], ["a", "b"], pd.Series({"a": 2, "b": 4}))
    assert without.effect == pytest.approx(-0.5)  # b is the comparison of a until it starts itself


def test_few_clusters_have_no_interval_and_a_p_of_randomisation():
    panel = counts(units=5)
    found = pg.difference_in_differences(panel, ["u0", "u1"], 6)
    assert np.isnan(found.low)
    assert "5" not in found.mark.split(":")[1]
    assert "fewer than 6" in found.mark
    assert found.finding == "not known"
    assert found.p_value * 10 == pytest.approx(round(found.p_value * 10))  # ten ways to treat two of five
    wild = pg.difference_in_differences(counts(), ["u0", "u1", "u2"], 6, inference="wild")
    assert wild.low < wild.effect < wild.high
    again = pg.difference_in_differences(counts(), ["u0", "u1", "u2"], 6, inference="wild")
    assert (wild.low, wild.p_value) == (again.low, again.p_value)


@pytest.mark.parametrize("model", ["poisson", "linear"])
def test_two_treated_clusters_have_no_interval(model):
    """Their own spread is no measure of their error: 10 to 18 % of null runs were an effect at nominal 5."""
    found = pg.difference_in_differences(counts(), ["u0", "u1"], 6, model=model)
    assert np.isnan([found.low, found.high]).all()
    assert "than 3 in an arm" in found.mark
    assert 0 < found.p_value <= 1  # of randomisation


def test_clusters_are_taken_together():
    panel = counts()
    double = pd.concat([panel, panel.rename(columns=lambda c: c + "b")], axis=1)  # each place twice tells nothing new
    cluster = pd.Series([c.removesuffix("b") for c in double.columns], double.columns)
    treated = [c for c in double.columns if c.removesuffix("b") in panel.columns[:10]]
    one = pg.difference_in_differences(panel, panel.columns[:10], 6)
    two = pg.difference_in_differences(double, treated, 6, cluster=cluster)
    assert (one.low, one.high) == pytest.approx((two.low, two.high))


def test_synthetic_control_finds_the_mixture():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(20, 4, (30, 6)), columns=list("abcdef"))
    table["us"] = 0.3 * table["a"] + 0.7 * table["c"]
    table.loc[20:, "us"] -= 5
    found = pg.synthetic_control(table, "us", 20)
    assert found.weights.to_dict() == pytest.approx({"c": 0.7, "a": 0.3}, abs=1e-6)
    assert found.effect == pytest.approx(-5)
    assert np.isnan(found.low)  # six placebos cannot bear 95 %


def test_interrupted_series_keeps_season_and_trend_apart():
    week = np.arange(156)
    mean = 50 * np.exp(0.002 * week + 0.4 * np.cos(2 * np.pi * week / 52)) * np.where(week >= 104, 0.75, 1)
    found = pg.interrupted_time_series(pd.Series(np.round(mean)), 104)
    assert found.effect == pytest.approx(-0.25, abs=0.01)
    assert found.prevented[0] == pytest.approx(mean[104:].sum() / 3, rel=0.05)


def test_hot_places_cool_by_themselves():
    rng = np.random.default_rng(3)
    mean = rng.gamma(1, 5, 500)
    before, after = (pd.Series(rng.poisson(mean)) for _ in range(2))
    hot = before.nlargest(50).index
    found = pg.hot_place_change(before, after, hot)
    assert found.plain_change < -0.1
    assert found.finding == "no evidence"
    assert found.by_unit["after"].sum() == found.after


# --- refusals, nothing counted, nonsense ------------------------------------------------------------------------------


def test_plain_before_after_is_refused_by_name():
    panel = counts()
    for call in (lambda: pg.before_after([3], [1]), lambda: pg.difference_in_differences(panel, panel.columns, 6)):
        with pytest.raises(DataError, match=r"plain before-after comparison.*refused.*regression to the mean"):
            call()


def test_rings_fixed_after_the_start_are_refused():
    grid = pg.HexGrid.from_cells(["8928308280fffff"])
    with pytest.raises(DataError, match="before the start"):
        pg.displacement_rings(grid.cells, grid, [500], fixed_on="2024-03-01", start="2024-02-01")


@pytest.mark.parametrize("model", ["poisson", "linear"])
@pytest.mark.parametrize("fill", [0, 1])
def test_nothing_counted_or_no_change_is_never_a_sharp_zero(model, fill):
    panel = pd.DataFrame(np.full((10, 20), fill), columns=range(20))
    with np.errstate(all="ignore"):
        found = pg.difference_in_differences(panel, range(10), 5, model=model)
    assert np.isnan(found.low)
    assert found.finding == "not known"


def test_zeros_give_nan_or_width():
    none = pg.weighted_displacement((0, 0), (0, 0))
    assert np.isnan([none.low, none.high, none.z]).all()
    assert "no interval" in repr(none)
    assert pg.exact_ratio(0, 0).low == -1
    assert pg.exact_ratio(0, 0).high == np.inf
    assert pg.e_test(0, 0) == 1
    zero = pd.Series(np.zeros(60))
    assert np.isnan(pg.interrupted_time_series(zero, 30, season=0).low)
    empty = pd.Series(0, range(10))
    with np.errstate(all="ignore"):
        assert np.isnan(pg.hot_place_change(empty, empty, [1, 2]).low)
    assert pg.hot_place_change(empty, empty + 2, [1, 2]).finding == "not known"


def test_no_evidence_is_never_said_to_be_no_effect():
    for found in (pg.weighted_displacement((20, 20), (20, 19)), pg.exact_ratio(20, 19)):
        assert found.finding == "no evidence"
        assert "no effect" not in str(found)


@pytest.mark.parametrize("call", [
    lambda: pg.weighted_displacement((1, -1), (1, 1)),
    lambda: pg.weighted_displacement((1, 2, 3), (1, 1)),
    lambda: pg.weighted_displacement((1, 2), (1, 1), (1, 1)),
    lambda: pg.weighted_displacement((1, 2), (1, 1), periods=(0, 1)),
    lambda: pg.weighted_displacement((1, 2), (1, 1), weights=[1, 2]),
    lambda: pg.e_test(1.5, 2),
    lambda: pg.e_test(-1, 2),
    lambda: pg.exact_ratio(1, 2, 0),
    lambda: pg.difference_in_differences(counts(), ["nowhere"], 6),
    lambda: pg.difference_in_differences(counts(), [], 6),
    lambda: pg.difference_in_differences(counts(), ["u1"], 0),
    lambda: pg.difference_in_differences(counts(), ["u1"], "soon"),
    lambda: pg.difference_in_differences(counts() - 50, ["u1"], 6),
    lambda: pg.difference_in_differences(counts().astype(float).replace(5, np.nan), ["u1"], 6),
    lambda: pg.difference_in_differences(counts(), ["u1"], 6, model="magic"),
    lambda: pg.difference_in_differences(counts(), ["u1"], 6, cluster=pd.Series({"u1": 1})),
    lambda: pg.difference_in_differences(counts()[::-1], ["u1"], 6),
    lambda: pg.difference_in_differences(counts(), ["u1", "u2"], pd.Series({"u1": 3, "u2": 6}), inference="wild"),
    lambda: pg.synthetic_control(counts(), "nobody", 6),
    lambda: pg.synthetic_control(counts()[["u1", "u2"]], "u1", 6),
    lambda: pg.interrupted_time_series(pd.Series([1, 2, 3]), 1),
    lambda: pg.interrupted_time_series(pd.Series([1, np.nan, 3] * 30), 40),
    lambda: pg.hot_place_change(pd.Series([1, 2]), pd.Series([1, 2]), [0, 1]),
    lambda: pg.spillover({}, ["u1"], 6, pd.Series(dtype=object)),
    lambda: pg.trial_power(0, 0.3),
    lambda: pg.trial_power(100, 1.3),
    lambda: pg.change_dispersion(pd.DataFrame(np.ones((1, 5))), 52, 26),
    lambda: pg.change_dispersion(pd.DataFrame(np.zeros((9, 5))), 52, 26),
    lambda: pg.change_dispersion(pd.DataFrame(np.ones((9, 5))), 0, 26),
    lambda: pg.change_dispersion(pd.DataFrame(np.ones((9, 5))).replace({0: {1.0: np.nan}}), 52, 26),
    lambda: pg.change_dispersion(pd.DataFrame(np.ones((9, 5))) - 2 * np.eye(9, 5), 52, 26),
    lambda: pg.change_dispersion(pd.DataFrame([["a", "b"], ["c", "d"]]), 52, 26),
    lambda: pg.cost_benefit(-40, 100, 0),
    lambda: pg.cost_benefit(np.nan, 100, 1),
    lambda: pg.marginal_value(pd.DataFrame({"n": [2, 2], "g": [1, 2]}), 1, number="n", gain="g"),
])  # fmt: skip
def test_nonsense_is_told(call):
    with pytest.raises((DataError, AlignmentError)):
        call()


@pytest.mark.parametrize(("own", "rate"), [(0.0, 2.0), (0.2, 2.0), (0.4, 0.5)])
def test_the_change_of_places_beyond_chance_is_told_from_the_past(own, rate):
    """Places that change by a factor of variance own^2 in each time: 1 + 2 own^2 x rate x (52 x 26 / 78) by hand."""
    rng, found = np.random.default_rng(5), []
    for _ in range(60):
        factor = rng.gamma(1 / own**2, own**2, (2, 200)) if own else np.ones((2, 200))
        panel = pd.DataFrame(rng.poisson(rate * factor.repeat([36, 18], axis=0)))
        found.append(pg.change_dispersion(panel, 52, 26))
    assert np.mean(found) == pytest.approx(1 + 2 * own**2 * rate * 52 / 3, rel=0.1)
    shuffled = panel[np.random.default_rng(0).permutation(200)]
    assert pg.change_dispersion(shuffled, 52, 26) == pytest.approx(found[-1])
    quiet = panel.assign(**{"none": 0})
    assert pg.change_dispersion(quiet, 52, 26) == pytest.approx(found[-1])


def test_power_rises_and_the_smallest_cut_is_its_inverse():
    assert pg.trial_power(100, 0.3) == pytest.approx(0.34, abs=0.01)
    assert pg.trial_power(400, pg.smallest_cut(400)) == pytest.approx(0.8)
    assert pg.trial_power(100, 0.0) == pytest.approx(0.05)
    with pytest.raises(InfeasibleError, match="cut to nothing"):
        pg.smallest_cut(3)


def test_costs_say_what_they_do_not_know():
    more = pg.cost_benefit(10, 100, 2)
    assert np.isnan(more.per_incident)
    assert np.isnan(more.low)
    sure = pg.cost_benefit(-10, 100, 2, value=50)
    assert sure.low < 10 < sure.high < np.inf
    assert sure.net[0] == 400
    steps = pg.marginal_value(pd.DataFrame({"n": [1, 2, 4], "g": [5.0, 5.0, 9.0]}), 10, number="n", gain="g")
    assert steps["cost"].tolist() == [np.inf, 5.0]


# --- before a trial ---------------------------------------------------------------------------------------------------


def test_lots_are_drawn_within_blocks_of_equal_risk():
    risk = pd.Series(np.random.default_rng(0).gamma(1, 3, 60))
    drawn = pg.assign_treatment(risk, 12, blocks=4, random_state=5)
    by = drawn.table.groupby("block")
    assert (by["arm"].apply(lambda arm: (arm == "treated").mean()) == 0.5).all()
    assert by["risk"].min().iloc[0] >= by["risk"].max().iloc[1]
    assert drawn.table.index.isin(risk.nlargest(24).index).all()
    again = pg.assign_treatment(risk.sample(frac=1, random_state=1), 12, blocks=4, random_state=5)
    assert again.table.equals(drawn.table)


def test_balance_of_lots_is_uniform():
    rng = np.random.default_rng(1)
    risk, people = pd.Series(rng.gamma(1, 3, 40)), pd.Series(rng.normal(size=40))
    p = [pg.assign_treatment(risk, 4, random_state=seed).balance(people) for seed in range(200)]
    steps = np.arange(1, 9) / 8  # 16 ways to draw, which come in mirrored pairs
    assert stats.chisquare(np.histogram(p, np.r_[0, steps + 1e-9])[0]).pvalue > 0.01


def test_buffers_keep_places_apart():
    grid = pg.HexGrid.from_cells(__import__("h3").grid_disk("8928308280fffff", 8))
    risk = pd.Series(np.random.default_rng(0).gamma(1, 3, len(grid)), grid.cells)
    drawn = pg.assign_treatment(risk, 5, buffer=900, units=grid, random_state=0)
    at = grid.xy[grid.cells.get_indexer(drawn.table.index)]
    apart = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    assert apart[~np.eye(10, dtype=bool)].min() > 900
    with pytest.raises(InfeasibleError, match="only"):
        pg.assign_treatment(risk, 50, buffer=900, units=grid)
    with pytest.raises(DataError, match="units="):
        pg.assign_treatment(risk, 5, buffer=900)


def test_a_promise_is_sealed_and_held_to(tmp_path):
    path = tmp_path / "registration.json"
    promise = {"registered": "2024-01-01", "start": "2024-02-05", "treated": ["a", "b"], "cut": 0.2}
    assert pg.register_trial(path, promise) in path.read_text()
    held = pg.hold_to_registration(path, promise | {"treated": ["a", "c"], "extra": 1})
    assert held["kept"].to_dict() == {"registered": True, "start": True, "treated": False, "cut": True, "extra": False}
    path.write_text(path.read_text().replace('"b"', '"c"'))
    with pytest.raises(DataError, match="changed since"):
        pg.hold_to_registration(path, promise)
    with pytest.raises(DataError, match="no promise"):
        pg.register_trial(path, promise | {"registered": "2024-03-01"})


def test_dose_is_held_against_the_lot():
    panel = counts(mean=8.0)
    hours = pd.Series(np.r_[np.full(10, 4.0), np.zeros(20)], panel.columns)
    whole = pg.difference_in_differences(panel, panel.columns[:10], 6, model="linear")
    each = pg.effect_per_dose(panel, panel.columns[:10], 6, hours, model="linear")
    assert (each.effect * 4, each.low * 4, each.high * 4) == pytest.approx((whole.effect, whole.low, whole.high))
    weak = hours.to_numpy() * 0 + np.random.default_rng(0).uniform(size=30)
    loose = pg.effect_per_dose(panel, panel.columns[:10], 6, pd.Series(weak, panel.columns), model="linear")
    assert (loose.low, loose.high) == (-np.inf, np.inf)
    with pytest.raises(DataError, match="same dose"):
        pg.effect_per_dose(panel, panel.columns[:10], 6, hours * 0 + 1)


def test_a_longer_time_after_sees_more():
    assert pg.trial_power(100, 0.3, after=1.0) == pg.trial_power(100, 0.3)
    assert pg.trial_power(100, 0.3, after=2.0) > pg.trial_power(100, 0.3)


def test_rings_come_from_near_to_far():
    panel = pd.DataFrame(np.random.default_rng(0).poisson(5, (12, 20)))
    names = ["to 500 m", "500 to 1000 m", "1000 to 2000 m"]
    rings = pd.Series([None] * 5 + [name for name in names[::-1] for _ in range(3)] + [None] * 6)
    assert pg.difference_in_differences(panel, range(5), 6, rings=rings).rings.index.tolist() == names
    rings = rings.map({names[0]: "near", names[1]: 10, names[2]: 9})
    assert pg.difference_in_differences(panel, range(5), 6, rings=rings).rings.index.tolist() == [9, 10, "near"]


def test_a_mark_of_0_and_1_is_not_read_as_units_0_and_1():
    panel = pd.DataFrame(np.random.default_rng(0).poisson(5, (12, 20)))
    with pytest.raises(DataError, match="twice"):
        pg.difference_in_differences(panel, pd.Series([1] * 5 + [0] * 15), 6)
    with pytest.raises(DataError, match="labels"):
        pg.difference_in_differences(panel, [[1]], 6)


def test_blocks_do_not_cut_through_a_cluster():
    panel, units = pd.DataFrame(np.random.default_rng(0).poisson(5, (12, 20))), np.arange(20)
    with pytest.raises(DataError, match="one block"):
        pg.difference_in_differences(
            panel, range(6), 6, cluster=pd.Series(units // 2), blocks=pd.Series(units % 2), inference="randomisation"
        )


def test_a_placebo_as_far_off_counts_against_the_unit():
    flat = pd.DataFrame(3.0, range(12), range(20))
    found = pg.synthetic_control(flat, 0, 6)  # nothing ever happened anywhere
    assert (found.ratio, found.p_value) == (0.0, 1.0)
    flat.loc[6:, [0, 1, 2]] += [1.0, 2.0, -1.0]  # all fit perfectly before: three are off, none can be told apart
    assert pg.synthetic_control(flat, 0, 6).p_value >= 3 / 20


@pytest.mark.parametrize(("season", "harmonics"), [(1, 1), (2, 1), (12, 6), (12, 7), (10**9, 1), (52, 10**7)])
def test_waves_that_are_no_waves_are_refused(season, harmonics):
    series = pd.Series(np.random.default_rng(0).poisson(20, 60))
    with pytest.raises(DataError, match="harmonics"):
        pg.interrupted_time_series(series, 40, season=season, harmonics=harmonics)


def test_the_e_test_goes_by_the_ratio_of_exposures_and_in_parts(monkeypatch):
    assert pg.e_test(3, 9, 1e-200, 2e-200) == pytest.approx(pg.e_test(3, 9, 1, 2))
    whole = pg.e_test(40, 60)
    monkeypatch.setattr(sys.modules["patrolgeo.evaluation.impact.e_test"], "ROWS", 7)
    assert pg.e_test(40, 60) == pytest.approx(whole, rel=1e-12)


def test_balance_is_not_zero_because_a_value_is_missing():
    drawn = pg.assign_treatment(pd.Series(np.arange(1.0, 11)), 4, random_state=1)
    for values in (pd.Series([1.0] * 9 + [np.nan]), [1.0] * 10, pd.Series(1.0, list(range(10)) * 2)):
        with pytest.raises((DataError, AlignmentError)):
            drawn.balance(values)


YEAR = pd.DataFrame({"measure": ["a"], "cost": [1.0], "effect": [-1.0], "standard_error": [1.0]})


@pytest.mark.parametrize("call", [
    lambda: pg.marginal_value(pd.DataFrame({"n": [1, 2], "g": ["a", "b"]}), 1, number="n", gain="g"),
    lambda: pg.marginal_value(pd.DataFrame({"n": [1, 2]}), 1, number="n", gain="n"),
    lambda: pg.marginal_value(pd.DataFrame({"n": [1, 2], "g": [1, np.inf]}), 1, number="n", gain="g"),
    lambda: pg.yearly_costs(YEAR.assign(effect=["a"])),
    lambda: pg.yearly_costs(YEAR.assign(effect=pd.array([None], "Int64"))),
    lambda: pg.e_test(3, 5, 1e300, 1e-300),
    lambda: pg.exact_ratio(3, 5, 1e-300, 1),
])  # fmt: skip
def test_numbers_that_are_none_are_told_by_one_error(call):
    with pytest.raises(DataError):
        call()


def test_a_promise_may_name_a_zone(tmp_path):
    promise = {"registered": "2024-01-01", "start": "2024-02-02T00:00Z"}
    assert pg.register_trial(tmp_path / "promise.json", promise)
