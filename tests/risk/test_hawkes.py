import numpy as np
import pytest

from patrolgeo import fit_hawkes
from patrolgeo.risk.hawkes import earlier_pairs

SIDE, DAYS = 20_000.0, 700.0


def simulate(n_background, near, same, decay, sigma, seed, corners=None):
    """Branching simulation on a square; with `corners` the background stands on so many points only."""
    rng = np.random.default_rng(seed)
    xy = rng.random((n_background, 2)) * SIDE
    if corners:
        xy = (rng.random((corners, 2)) * SIDE)[rng.integers(0, corners, n_background)]
    t = rng.random(n_background) * DAYS
    events, parents = [np.column_stack([xy, t])], np.column_stack([xy, t])
    while len(parents):
        children = []
        for rate, spread in ((near, sigma), (same, 0.0)):
            mothers = np.repeat(parents, rng.poisson(rate, len(parents)), axis=0)
            mothers[:, :2] += rng.normal(0, 1, (len(mothers), 2)) * spread
            mothers[:, 2] += rng.exponential(1 / decay, len(mothers))
            children.append(mothers)
        parents = np.concatenate(children)
        parents = parents[parents[:, 2] < DAYS]
        events.append(parents)
    out = np.concatenate(events)
    return out[:, :2], out[:, 2]


def even(n):
    return np.full((n, 1), 1 / (SIDE**2 * DAYS))


def test_truth_is_recovered_within_10_percent():
    xy, t = simulate(9000, near=0.3, same=0.1, decay=1 / 20, sigma=100.0, seed=0)
    found = fit_hawkes(xy, t, even(len(t)), steps=150)
    assert found.theta_near == pytest.approx(0.3, rel=0.1)
    assert found.theta_same == pytest.approx(0.1, rel=0.1)
    assert found.decay == pytest.approx(1 / 20, rel=0.1)
    assert found.sigma == pytest.approx(100, rel=0.1)
    assert found.background.sum() == pytest.approx(9000, rel=0.1)


def test_nothing_is_found_where_nothing_repeats():
    xy, t = simulate(9000, near=0.0, same=0.0, decay=1.0, sigma=1.0, seed=1)
    found = fit_hawkes(xy, t, even(len(t)), steps=150)
    assert found.theta_near < 0.03
    assert found.theta_same == 0


def test_snapped_addresses_do_not_shrink_sigma_nor_pass_for_repetition():
    xy, t = simulate(9000, near=0.2, same=0.0, decay=1 / 20, sigma=100.0, seed=2, corners=3000)
    _, place, count = np.unique(xy, axis=0, return_inverse=True, return_counts=True)
    own = (count[place.ravel()] - 1) / (len(t) - 1) / (np.pi * DAYS)
    found = fit_hawkes(xy, t, np.column_stack([even(len(t)), own]), steps=150)
    assert found.sigma == pytest.approx(100, rel=0.1)
    assert found.theta_near == pytest.approx(0.2, rel=0.15)
    assert found.theta_same < 0.03


def test_pairs_are_those_of_a_double_loop():
    rng = np.random.default_rng(3)
    xy, t = rng.random((60, 2)) * 100, np.sort(rng.integers(0, 30, 60)).astype(float)
    late, gap, d2 = earlier_pairs(xy, t, reach=30.0, memory=5.0)
    ours = sorted(zip(late, gap, d2.round(9), strict=True))
    brute = sorted(
        (i, t[i] - t[j], round(float(((xy[i] - xy[j]) ** 2).sum()), 9))
        for i in range(60)
        for j in range(60)
        if 0 < t[i] - t[j] <= 5 and ((xy[i] - xy[j]) ** 2).sum() <= 900
    )
    assert ours == brute


def test_order_of_the_events_does_not_matter():
    xy, t = simulate(400, near=0.3, same=0.1, decay=1 / 10, sigma=80.0, seed=4)
    mixed = np.random.default_rng(0).permutation(len(t))
    a, b = fit_hawkes(xy, t, even(len(t))), fit_hawkes(xy[mixed], t[mixed], even(len(t)))
    assert a.theta_near == pytest.approx(b.theta_near, rel=1e-9)
