"""Who bears it: exposure, strata, the frontier, feedback and silence, against other computations and planted truth."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats
from scipy.optimize import linprog

import patrolgeo as pg
from patrolgeo.errors import AlignmentError, DataError, PatrolgeoWarning

RNG = np.random.default_rng(8)
N = 40
AREAS = pd.Index([f"a{i}" for i in range(N)])
PEOPLE = pd.Series(RNG.integers(0, 900, N).astype(float), AREAS)
DOSE = pd.Series(RNG.gamma(2, 50, N), AREAS)
GROUPS = pd.DataFrame(RNG.dirichlet([2, 3, 1], N), AREAS, ["one", "two", "three"])


def test_exposure_is_the_mean_over_residents_person_by_person():
    found = pg.exposure_audit(DOSE, GROUPS, PEOPLE, n_boot=20).by_group
    heads = GROUPS.mul(PEOPLE, axis=0)
    for group in GROUPS:
        lived = PEOPLE.gt(0)
        assert found.loc[group, "exposure"] == pytest.approx(np.average(DOSE, weights=heads[group]), rel=1e-12)
        a_head = np.average((DOSE / PEOPLE)[lived], weights=heads[group][lived])
        assert found.loc[group, "per_head"] == pytest.approx(a_head, rel=1e-12)
    assert found.loc["all", "per_head"] == pytest.approx(DOSE[PEOPLE > 0].sum() / PEOPLE.sum())


def test_exposure_knows_no_order_of_areas_no_scale_and_no_name():
    order = RNG.permutation(N)
    a = pg.exposure_audit(DOSE, GROUPS, PEOPLE, n_boot=20)
    b = pg.exposure_audit(DOSE * 7, GROUPS.iloc[order], PEOPLE.iloc[order[::-1]], n_boot=20)
    columns = ["exposure_ratio", "per_head_ratio", "exposure_low", "per_head_high"]
    pd.testing.assert_frame_equal(a.by_group[columns], b.by_group[columns])


def test_the_interval_of_a_ratio_holds_the_truth_as_often_as_it_says():
    held = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        share, people = rng.uniform(0, 1, 60), np.full(60, 100.0)
        dose = pd.Series(rng.gamma(4, 1, 60) * (1 + share))  # the truth: E[dose | share] = 4 (1 + share)
        groups = pd.DataFrame({"b": 1 - share, "a": share})
        row = pg.exposure_audit(dose, groups, pd.Series(people), n_boot=300).by_group.loc["a"]
        held.append(row["exposure_low"] <= (1 + 2 / 3) / (1 + 1 / 3) <= row["exposure_high"])
    assert 0.86 <= np.mean(held) <= 0.99


def test_need_takes_what_is_proportional_out_of_the_ratio():
    need = {"calls": DOSE * 3, "flat": PEOPLE}
    found = pg.exposure_audit(DOSE, GROUPS, PEOPLE, need=need, n_boot=20)
    assert found.by_need.loc["calls", "over_need"].to_numpy() == pytest.approx(1.0)
    flat = found.by_need.loc["flat", "over_need"]
    assert flat.to_numpy() == pytest.approx(found.by_group["per_head_ratio"].to_numpy())


def test_empty_and_tiny_groups_are_listed_with_their_reason():
    few = pd.Series(0.0, AREAS)
    few.iloc[[np.argmax(PEOPLE)]] = 0.5
    groups = GROUPS[["one"]].assign(nobody=0.0, few=few, dozen=10 / PEOPLE.sum())
    found = pg.exposure_audit(DOSE, groups, PEOPLE, n_boot=20).by_group
    assert found["reason"].to_dict() == {
        "one": "", "nobody": "empty", "few": "few areas", "dozen": "few residents", "all": ""
    }  # fmt: skip
    assert found.loc[["nobody", "few", "dozen"], "per_head_ratio"].isna().all()
    with pytest.raises(DataError, match="empty"):
        pg.exposure_audit(DOSE, groups, PEOPLE, reference="nobody")


def test_strata_add_up_and_a_forecast_too_high_where_the_group_lives_has_a_slope():
    share = pd.Series(RNG.uniform(0, 1, 300))
    expected = pd.Series(RNG.gamma(3, 4, 300))
    true = pd.Series(RNG.poisson(expected).astype(float))
    fair = pg.stratum_audit(true, expected, share, flagged=expected > expected.quantile(0.8))
    assert fair["observed"].sum() == true.sum()
    assert fair["areas"].sum() == 300
    assert (fair["low"] <= fair["ratio"]).all()
    assert (fair["ratio"] <= fair["high"]).all()
    assert fair.attrs["p_value"] > 0.01
    unfair = pg.stratum_audit(true, expected * np.exp(0.6 * share), share)
    assert unfair.attrs["slope"] < -0.4
    assert unfair.attrs["p_value"] < 1e-6
    flagged = expected > expected.quantile(0.8)
    assert (fair["captured"] * fair["observed"]).sum() == pytest.approx(true[flagged].sum())


def test_the_test_of_a_slope_is_level():
    p = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        mean = rng.gamma(2, 3, 80)
        y = rng.negative_binomial(2, 2 / (2 + mean)).astype(float)
        p.append(pg.stratum_audit(pd.Series(y), pd.Series(mean), pd.Series(rng.uniform(size=80))).attrs["p_value"])
    assert 0.01 <= np.mean(np.array(p) < 0.05) <= 0.11


def test_the_frontier_is_that_of_another_solver_and_never_rises():
    hits = pd.Series(RNG.gamma(1, 3, N), AREAS)
    caps = [2.0, 1.2, 1.0, 0.8, 0.5]
    table = pg.equity_frontier(hits, PEOPLE, GROUPS["one"], 7, caps)
    assert (table["hits"].diff().dropna() <= 1e-9).all()
    assert (table["ratio"] <= table["cap"] + 1e-9).all()
    a, b = PEOPLE * GROUPS["one"], PEOPLE * (1 - GROUPS["one"])
    for cap, got in table.iloc[1:][["cap", "hits"]].itertuples(index=False):
        rows = np.array([np.ones(N), a / a.sum() - cap * b / b.sum()])
        assert got == pytest.approx(-linprog(-hits, rows, [7, 0], bounds=(0, 1)).fun, abs=1e-6)


def test_the_whole_choice_of_few_cells_cannot_beat_the_frontier():
    hits, people, share = (pd.Series(v) for v in ([5.0, 4, 3, 2, 1], [10.0, 20, 30, 10, 10], [0.9, 0.5, 0.2, 0.1, 0.7]))
    top = pg.equity_frontier(hits, people, share, 2, [1.1])["hits"].iloc[1]
    a, b = people * share, people * (1 - share)
    for chosen in itertools.combinations(range(5), 2):
        if a[list(chosen)].sum() / a.sum() <= 1.1 * b[list(chosen)].sum() / b.sum():
            assert hits[list(chosen)].sum() <= top + 1e-9


def test_the_urn_runs_away_and_its_correction_does_not():
    naive = pg.simulate_feedback([1.0, 1.0], n_runs=4000)
    assert naive["share"].to_numpy() == pytest.approx([0.5, 0.5], abs=0.01)
    assert naive["sd"].to_numpy() == pytest.approx([0.2889636655] * 2, abs=0.01)  # of a uniform, 1000 draws
    runaway = pg.simulate_feedback([0.2, 0.1], days=3000, start=5, n_runs=300)
    fair = pg.simulate_feedback([0.2, 0.1], days=3000, start=5, n_runs=300, corrected=True)
    assert runaway["share"][0] == pytest.approx(0.903, abs=0.02)
    assert fair["share"][0] == pytest.approx(2 / 3, abs=0.02)
    three = pg.simulate_feedback([0.3, 0.2, 0.1], days=2000, start=5, n_runs=300, corrected=True)
    assert three["share"].to_numpy() == pytest.approx([1 / 2, 1 / 3, 1 / 6], abs=0.02)


def test_what_citizens_report_holds_the_runaway_back():
    shares = [
        pg.simulate_feedback([0.2, 0.1], days=1500, start=5, reported=r, n_runs=200)["share"][0] for r in (0, 0.3, 1)
    ]
    assert shares[0] > shares[1] > shares[2]
    assert shares[2] == pytest.approx(2 / 3, abs=0.02)


def kinds_panel(officer_rate):
    weeks = pd.date_range("2024-01-01", periods=30, freq="7D")
    columns = pd.MultiIndex.from_product([["theft", "stop"], [f"p{i}" for i in range(20)]])
    counts = RNG.poisson(np.r_[np.linspace(5, 1, 20), officer_rate * np.linspace(1, 5, 20)], (30, 40))
    panel = pd.DataFrame(counts, weeks, columns)
    return panel, panel * np.r_[np.zeros(20), np.ones(20)]


def test_records_of_officers_raise_the_warning_where_they_drive_the_map():
    panel, officer = kinds_panel(2.0)
    with pytest.warns(PatrolgeoWarning, match="sends patrols where patrols were"):
        found = pg.feedback_audit(panel, officer, area_share=0.2)
    share = officer.to_numpy().sum() / panel.to_numpy().sum()
    assert found.by_kind.loc["all", "officer_share"] == pytest.approx(share)
    assert found.by_kind["drives"].to_dict() == {"stop": True, "theft": False, "all": True}
    assert found.by_place["without"].to_numpy() == pytest.approx(
        (panel["theft"].sum() / panel["theft"].to_numpy().sum())[found.by_place.index].to_numpy()
    )
    assert found.top_changed == 1.0
    interval = stats.binomtest(int(officer.to_numpy().sum()), int(panel.to_numpy().sum())).proportion_ci(
        method="wilson"
    )
    assert found.by_kind.loc["all", ["low", "high"]].tolist() == pytest.approx([interval.low, interval.high])
    calm = pg.feedback_audit(panel["theft"], panel["theft"] * 0.05, model=pg.HistoricalMean())
    assert not calm.drives


def test_an_audit_refuses_more_records_of_officers_than_there_are():
    panel, officer = kinds_panel(1.0)
    with pytest.raises(DataError, match="part of it"):
        pg.feedback_audit(officer, panel)
    with pytest.raises(AlignmentError):
        pg.feedback_audit(panel, officer.iloc[1:])


def county_silence():
    """Records of the sample county with ten places silent, calls that are no crimes, residents and neighbours."""
    incidents, calls, quiet = (pg.load_sample(name) for name in ("incidents", "calls", "quiet_places"))
    areas, people = pg.load_sample("village_areas").set_index("name"), pg.load_sample("villages")
    kept = incidents[(incidents["origin"] == "reported") & (incidents["category"] != "fraud")]
    kept = kept[~kept["id"].isin(quiet["id"])]
    recorded = kept["village"].map(people.set_index("name")["village"]).value_counts()
    home = calls[calls["category"].isin(["dispute", "help request", "noise"])]
    points = gpd.GeoDataFrame(home, geometry=gpd.points_from_xy(home["lon"], home["lat"]), crs=4326)
    called = gpd.sjoin(points, areas[["geometry"]], predicate="within")["name"].value_counts()
    i, j = areas.sindex.query(areas.geometry.to_numpy(), predicate="intersects")
    touch = sparse.csr_matrix(((i != j) * 1.0, (i, j)), shape=(len(areas), len(areas)))
    known = {
        "calls": called.reindex(areas.index, fill_value=0),
        "residents": people.groupby("village")["population"].sum(),
    }
    known = {name: series.reindex(areas.index, fill_value=0) for name, series in known.items()}
    return recorded.reindex(areas.index, fill_value=0), known, touch, set(quiet["village"])


def area_under_curve(score, quiet):
    rank, silent = stats.rankdata(-score), score.index.isin(quiet)
    n = silent.sum()
    return (rank[silent].sum() - n * (n + 1) / 2) / (n * (~silent).sum())


def test_ten_places_that_fell_silent_stand_before_the_others():
    recorded, known, touch, quiet = county_silence()
    assert len(quiet) == 10
    found = pg.under_reporting(recorded, known, connectivity=touch)
    assert set(found.index) == set(recorded.index)
    assert area_under_curve(found["score"].fillna(9.0), quiet) >= 0.75
    order = RNG.permutation(len(recorded))
    mixed = pg.under_reporting(
        recorded.iloc[order], {name: s.iloc[order[::-1]] for name, s in known.items()},
        connectivity=touch[order][:, order],
    )  # fmt: skip
    pd.testing.assert_series_equal(found["score"].sort_index(), mixed["score"].sort_index())


def test_silence_by_chance_is_called_so():
    p = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        size = pd.Series(rng.gamma(2, 50, 60))
        found = pg.under_reporting(pd.Series(rng.poisson(size * 0.2).astype(float)), {"calls": size})
        p.append((found["p_adjusted"] < 0.05).any())
    assert np.mean(p) <= 0.1


def test_a_place_of_which_nothing_is_known_is_listed_not_judged():
    found = pg.under_reporting(pd.Series([5.0, 6, 0]), {"calls": pd.Series([50.0, 60, 0])})
    assert found["reason"].to_dict() == {0: "", 1: "", 2: "no calls"}
    assert found.index[-1] == 2


@pytest.mark.parametrize("cap", [3.0, 1.0, 0.6])
def test_a_cap_on_sites_is_kept_and_the_choice_is_the_best_of_all(cap):
    rng = np.random.default_rng(5)
    cost, demand = rng.uniform(0, 10, (9, 30)), pd.Series(rng.gamma(1, 3, 30))
    burden = pd.DataFrame(rng.uniform(0, 0.3, (9, 2)), columns=["group", "others"])
    plan = pg.max_coverage(cost, 3, 4, demand, rules=pg.SiteRules(burden=burden, cap=cap))
    one, other = burden.loc[plan.sites].sum()
    assert one <= cap * other + 1e-9
    best = max(
        demand[(cost[list(chosen)] <= 4).any(axis=0)].sum()
        for n in (1, 2, 3)
        for chosen in itertools.combinations(range(9), n)
        if burden.loc[list(chosen), "group"].sum() <= cap * burden.loc[list(chosen), "others"].sum()
    )
    assert plan.objective == pytest.approx(best)
    assert plan.status == "optimal"


def test_a_cap_without_burdens_is_refused():
    with pytest.raises(DataError, match="belong together"):
        pg.max_coverage(np.ones((2, 2)), 1, 4, rules=pg.SiteRules(cap=1.0))


def test_the_slope_of_strata_is_that_of_the_likelihood():
    share = pd.Series(np.linspace(0, 1, 400))
    expected = pd.Series(50.0, share.index)
    observed = pd.Series(np.random.default_rng(0).poisson(expected * 2 * np.exp(np.log(0.1) * share)))
    assert pg.stratum_audit(observed, expected, share).attrs["slope"] == pytest.approx(np.log(0.1), abs=0.05)
    one_end = pd.Series(0.0, share.index)
    one_end.iloc[0] = 5
    assert -100 < pg.stratum_audit(one_end, expected, share).attrs["slope"] < -5  # no top, no error


def test_strata_are_no_more_than_areas_and_no_need_is_no_table():
    areas = pd.Series(np.linspace(0.1, 0.9, 6))
    assert len(pg.stratum_audit(areas * 10, areas * 10, areas, n_strata=10**12)) == 6
    groups = pd.DataFrame({"old": areas})
    assert pg.exposure_audit(areas, groups, areas * 0 + 1000, need={}, n_boot=10).by_need is None


def test_a_kind_named_all_is_refused():
    weeks = pd.date_range("2024-01-01", periods=4, freq="7D")
    panel = pd.DataFrame(2, weeks, pd.MultiIndex.from_product([["all", "theft"], ["x", "y"]]))
    with pytest.raises(DataError, match="every kind"):
        pg.feedback_audit(panel, panel * 0)


def test_a_label_that_stands_twice_in_the_table_that_leads_is_refused_too():
    table = pd.Series([1.0, 2.0, 3.0, 4.0], index=["a", "b", "c", "a"])
    groups = pd.DataFrame({"m": [0.1, 0.2, 0.3]}, index=["a", "b", "c"])
    with pytest.raises(AlignmentError, match="dose holds the label 'a' twice"):
        pg.exposure_audit(table, groups, pd.Series(100.0, groups.index), n_boot=20)
    with pytest.raises(AlignmentError, match="'a' twice"):
        pg.stratum_audit(table, table, table / 10)
    with pytest.raises(AlignmentError, match="'a' twice"):
        pg.funnel(table, table)
    with pytest.raises(AlignmentError, match="'a' twice"):
        pg.rank_by_harm({"theft": table}, {"theft": 1.0})


def test_the_order_of_areas_changes_no_interval():
    rng = np.random.default_rng(4)
    areas = [f"a{k}" for k in range(40)]
    groups = pd.DataFrame({"old": rng.random(40)}, areas).assign(young=lambda g: 1 - g["old"])
    dose, people = (pd.Series(rng.integers(1, 90, 40) * 1.0, areas) for _ in range(2))
    other = rng.permutation(areas)
    one, two = (
        pg.exposure_audit(dose[order], groups, people, need={"calls": dose + people}, n_boot=50)
        for order in (areas, other)
    )
    pd.testing.assert_frame_equal(one.by_group, two.by_group)
    pd.testing.assert_frame_equal(one.by_need, two.by_need)
