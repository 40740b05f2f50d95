import itertools

import numpy as np
import pandas as pd
import pytest

import patrolgeo as pg
from patrolgeo import (
    accuracy_curve,
    area_under_curve,
    calibration_table,
    hit_rate,
    log_score,
    pai,
    pei,
    pei_any_area,
    pei_ceiling,
    rri,
    ser,
)
from patrolgeo.errors import AlignmentError, DataError


def test_published_example_gives_pai_2_1_5_1_and_pei_1():
    y, said = [6, 3, 0], [3, 2, 1]
    assert [pai(y, said, k / 3, [1, 1, 1]) for k in (1, 2, 3)] == pytest.approx([2, 1.5, 1])
    assert [pei(y, said, k / 3) for k in (1, 2, 3)] == pytest.approx([1, 1, 1])


def test_the_two_peis_differ_by_the_best_map_they_allow():
    y, perfect = [6.0, 3, 0], [3.0, 2, 1]
    assert pei(y, perfect, 2 / 3) == pytest.approx(1)
    assert pei_any_area(y, perfect, 2 / 3) == pytest.approx(pai(y, perfect, 2 / 3) / pai(y, perfect, 1 / 3))


def test_ties_count_by_the_mean_over_all_their_orders():
    y, said, k = np.array([5.0, 1, 0, 3]), np.array([2.0, 1, 1, 1]), 2
    by_hand = [y[0] + y[order[0]] for order in itertools.permutations([1, 2, 3])]
    assert hit_rate(y, said, k / 4) == pytest.approx(np.mean(by_hand) / y.sum())


def test_a_forecast_even_by_area_hits_the_share_of_the_area_whatever_the_areas():
    y, area = [9, 0, 1], np.array([0.1, 0.5, 0.2])
    for even in (area, area * 3 / area.sum(), area / 7):  # rounding must not break the ties
        assert hit_rate(y, even, 0.3, area) == pytest.approx(0.3)
        assert pai(y, even, 0.3, area) == pytest.approx(1.0)


def test_the_budget_takes_cells_by_forecast_per_unit_of_the_budget_so_that_the_truth_is_never_beaten():
    rng = np.random.default_rng(4)
    y, area = rng.poisson(1.0, 60).astype(float), rng.uniform(0.1, 3, 60)
    for share in (0.05, 0.2, 0.7):
        assert pei(y, y, share, area) == pytest.approx(1)
        assert hit_rate(y, y, share, area) >= max(hit_rate(y, rng.random(60), share, area) for _ in range(20))


def test_the_last_cell_counts_by_the_part_that_fits():
    assert hit_rate([4, 4, 2], [3, 2, 1], 0.5) == pytest.approx((4 + 0.5 * 4) / 10)


def test_pei_never_exceeds_1_with_unequal_areas():
    assert pei([10, 9, 1], [100, 1, 1], 2 / 7, [1, 5, 1]) <= 1


def test_order_of_the_cells_changes_no_measure():
    rng = np.random.default_rng(0)
    y, said, area = rng.poisson(0.3, 200), rng.integers(0, 4, 200).astype(float), rng.uniform(1, 2, 200)
    mixed = rng.permutation(200)
    for metric in (hit_rate, pai, pei, ser, rri):
        assert metric(y, said, 0.07, area) == pytest.approx(metric(y[mixed], said[mixed], 0.07, area[mixed]))


def test_recapture_is_1_when_the_flagged_share_stays():
    assert rri([2, 2, 4], [1, 1, 2], 1 / 3) == pytest.approx(1)
    assert rri([1, 3], [1, 0], 0.5, y_past=[3, 1]) == pytest.approx((1 / 3) / (4 / 4))


def test_search_efficiency_is_incidents_per_km2_searched():
    assert ser([6, 2], [1, 0], 0.5, area=[2.0, 2.0]) == pytest.approx(3.0)


def test_curve_of_a_perfect_map_of_one_point_has_area_near_1():
    y = np.r_[1.0, np.zeros(999)]
    assert area_under_curve(y, y) == pytest.approx(1, abs=1e-3)
    assert area_under_curve(y, np.ones(1000)) == pytest.approx(0.5)
    assert accuracy_curve([1, 1], [2, 1])["hit_rate"].tolist() == [0, 0.5, 1]


def test_truth_scores_better_than_any_other_forecast_on_average():
    rng = np.random.default_rng(1)
    truth = rng.gamma(0.5, 2, 300)
    draws = rng.poisson(truth, (200, 300))
    rivals = [truth * 1.3, truth**0.7, np.full(300, truth.mean())]
    best = np.mean([log_score(d, truth) for d in draws])
    assert all(np.mean([log_score(d, rival) for d in draws]) < best for rival in rivals)


def test_spatial_and_level_parts_add_up():
    y, said = [3, 0, 1], [1.0, 2.0, 0.5]
    parts = [log_score(y, said, part=p) for p in ("spatial", "level")]
    assert sum(parts) == pytest.approx(log_score(y, said))
    assert log_score(y, said, part="spatial") == pytest.approx(log_score(y, np.multiply(said, 7), part="spatial"))


def test_the_truth_attains_its_own_ceiling():
    rng = np.random.default_rng(2)
    truth = rng.gamma(0.3, 3, 500)
    attained = np.mean([pei(rng.poisson(truth), truth, 0.05) for _ in range(200)])
    assert attained == pytest.approx(pei_ceiling(truth, 0.05, n_draws=400), abs=0.01)


def test_calibration_keeps_sums_and_sees_a_forecast_twice_too_high():
    rng = np.random.default_rng(3)
    truth = rng.gamma(2, 5, 1000)
    y = rng.poisson(truth)
    table = calibration_table(y, 2 * truth)
    assert table[["expected", "observed"]].sum().tolist() == pytest.approx([2 * truth.sum(), y.sum()])
    assert table["ratio"].iloc[:5].to_numpy() == pytest.approx(0.5, abs=0.03)


def test_no_incident_gives_nan_and_a_wrong_share_says_so():
    assert np.isnan(hit_rate([0, 0], [1, 2], 0.5))
    with pytest.raises(DataError, match="area_share=5"):
        hit_rate([1, 0], [1, 2], 5)
    with pytest.raises(DataError, match="must agree"):
        pai([1, 0], [1, 2, 3], 0.5)


def test_a_label_that_stands_twice_is_refused_wherever_it_leads():
    """It was counted twice when it stood in the first table, refused only in the second."""
    twice, once = pd.Series([4.0, 4, 1], ["a", "a", "b"]), pd.Series([2.0, 1], ["a", "b"])
    for call in (
        lambda: hit_rate(twice, twice, 0.5), lambda: pg.compare_counts(twice, twice), lambda: pg.concentration(twice),
        lambda: pg.hot_place_change(twice, twice, ["b"]), lambda: pg.log_score(twice, twice),
        lambda: hit_rate(once, twice, 0.5), lambda: pg.eighty_twenty(twice),
    ):  # fmt: skip
        with pytest.raises(AlignmentError, match="'a' twice"):
            call()
