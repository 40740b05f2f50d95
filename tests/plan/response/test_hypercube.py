"""The hypercube against published systems, an independent solution of the balance equations, and closed formulas."""

import itertools
import json
import math

import numpy as np
import pandas as pd
import pytest

from patrolgeo import AlignmentError, DataError, InfeasibleError, hypercube
from patrolgeo.plan.optimise.queues import erlang


def city(n_units, n_places, load, seed=0, unequal=False):
    rng = np.random.default_rng(seed)
    minutes = np.abs(rng.random((n_units, 1, 2)) - rng.random((1, n_places, 2))).sum(axis=2) * 20
    service = rng.uniform(0.7, 1.5, n_units) if unequal else np.ones(n_units)
    rates = rng.lognormal(0, 1, n_places)
    return rates * load * service.sum() / rates.sum(), service, minutes.T.argsort(axis=1), minutes


def balance(rates, service, lists, capacity, wanted=None, may=lambda u, j, busy: True):
    """Solve the balance equations as linear equations, states as sets of busy units and a queue; slow and plain."""
    n = len(service)
    states = [(frozenset(s), 0) for k in range(n + 1) for s in itertools.combinations(range(n), k)]
    states += [(frozenset(range(n)), q) for q in range(1, capacity + 1)]
    at = {s: k for k, s in enumerate(states)}
    flow = np.zeros((len(states), len(states)))
    for (busy, queue), k in at.items():
        for j, rate in enumerate(rates):
            sent, now = set(), set(busy)
            for u in lists[j]:
                if u >= 0 and u not in now and may(u, j, now) and len(sent) < (1 if wanted is None else wanted[j]):
                    sent.add(u)
                    now.add(u)
            if sent:
                flow[k, at[busy | sent, 0]] += rate
            elif len(busy) == n and queue < capacity:
                flow[k, at[busy, queue + 1]] += rate
        for u in busy:
            flow[k, at[busy, queue - 1] if queue else at[busy - {u}, 0]] += service[u]
    system = flow.T - np.diag(flow.sum(axis=1))
    system[-1] = 1
    p = np.linalg.solve(system, np.r_[np.zeros(len(states) - 1), 1])
    workload = [sum(p[k] for s, k in at.items() if u in s[0]) for u in range(n)]
    return np.array(workload), {s: p[k] for s, k in at.items()}


@pytest.mark.parametrize("unequal", [False, True])
@pytest.mark.parametrize("capacity", [0, 3])
def test_the_states_are_those_of_the_balance_equations(capacity, unequal):
    """Loss and a finite queue, equal and unequal units: workloads, loss, waits and shares of 5 units."""
    rates, service, lists, minutes = city(5, 9, 1.1, 1, unequal)
    found = hypercube(rates, service, lists, capacity, travel=minutes)
    workload, p = balance(rates, service, lists, capacity)
    full = frozenset(range(5))
    lost = p[full, capacity]
    queue = sum(q * p[full, q] for q in range(1, capacity + 1))
    waits = sum(p[full, q] for q in range(capacity))
    assert found.workload.to_numpy() == pytest.approx(workload, abs=1e-9)
    assert found.loss == pytest.approx(lost, abs=1e-9)
    assert found.wait == pytest.approx(waits if capacity else 0, abs=1e-9)
    assert found.mean_wait == pytest.approx(queue / rates.sum() / (1 - lost), abs=1e-9)
    share = np.zeros((9, 5))
    for (busy, queue), chance in p.items():
        for j, rate in enumerate(rates):
            first = [u for u in lists[j] if u not in busy]
            if first:
                share[j, first[0]] += chance * rate
            elif queue < capacity:
                share[j] += chance * rate * service / service.sum()
    share /= share.sum()
    assert found.dispatch_share.to_numpy() == pytest.approx(share, abs=1e-9)
    assert found.mean_travel == pytest.approx((share * minutes.T).sum(), abs=1e-8)
    assert found.cross_share == pytest.approx(1 - share[np.arange(9), lists[:, 0]].sum(), abs=1e-9)


@pytest.mark.parametrize("name", ["4_units_loss", "4_units_queue", "5_units_unequal_rates_loss", "8_units_queue"])
def test_published_systems(real_data, name):
    """The systems that are given, to 1e-6."""
    case = json.loads((real_data / "oracles" / "oracles2.json").read_text())[f"hypercube_{name}"]
    given, wanted = case["inputs"], case["expected"]
    found = hypercube(
        given["rates"], given["service_rates"], given["preference"], 0 if given["queue"] == "none" else None,
        travel=given["travel"],
    )  # fmt: skip
    assert found.method == "exact"
    assert found.workload.tolist() == pytest.approx(wanted["workloads"], abs=1e-6)
    assert found.dispatch_share.sum().tolist() == pytest.approx(wanted["unit_share"], abs=1e-6)
    told = [found.loss, found.wait, found.mean_wait * sum(given["rates"]), found.mean_travel, found.cross_share]
    keys = ["loss", "share_waiting", "mean_queue", "mean_travel", "share_not_first_choice"]
    assert told == pytest.approx([wanted[key] for key in keys], abs=1e-6)
    assert found.busy[0] == pytest.approx(wanted["p_all_free"], abs=1e-6)


def test_alike_units_are_erlangs():
    """Equal demand: the number busy is Erlang's, with loss and with a queue; one unit is M/M/1."""
    rates, _, lists, _ = city(6, 6, 0.7)
    load = rates.sum()
    assert hypercube(rates, 1.0, lists, 0).loss == pytest.approx(erlang.erlang_b(6, load), abs=1e-9)
    queued = hypercube(rates, 1.0, lists)
    assert queued.wait == pytest.approx(erlang.erlang_c(6, load), abs=1e-9)
    assert queued.mean_wait == pytest.approx(erlang.mean_wait(6, load), abs=1e-9)
    one = hypercube([0.8], 1.0, [[0]])
    assert (one.workload[0], one.wait, one.mean_wait) == pytest.approx((0.8, 0.8, 4.0))


def test_erlangs_formulas(real_data):
    """Loss, waiting, mean wait and the share within a time, as in the tables; one server with any service time."""
    book = json.loads((real_data / "oracles" / "oracles2.json").read_text())
    for row in book["erlang"]["expected"]:
        n, load = row["servers"], row["load"]
        assert erlang.erlang_b(n, load) == pytest.approx(row["blocking"], abs=1e-9)
        if "waiting" in row:
            assert erlang.erlang_c(n, load) == pytest.approx(row["waiting"], abs=1e-9)
            assert erlang.mean_wait(n, load) == pytest.approx(row["mean_wait_in_service_times"], abs=1e-9)
            assert erlang.share_within(n, load, 0.2) == pytest.approx(row["share_served_within_0.2_service_times"])
    waits = [erlang.general_wait(0.8, cv) for cv in (0.0, 1.0, 0.5, 1.5)]
    assert waits == pytest.approx(book["one_unit_general_service"]["expected"]["mean_wait_hours"])


def test_priorities_wait_as_cobham_says(real_data):
    """Waits by class: the published numbers; their mean over the calls is the mean wait without classes."""
    case = json.loads((real_data / "oracles" / "oracles2.json").read_text())["priority_wait"]
    rates = np.array(case["inputs"]["arrivals_per_hour"])
    found = hypercube([rates.sum()], np.full(6, 1 / 0.6), [range(6)], priorities=rates / rates.sum())
    assert found.wait_by_priority.tolist() == pytest.approx(case["expected"]["mean_wait_hours"], abs=1e-9)
    assert found.wait_by_priority @ (rates / rates.sum()) == pytest.approx(found.mean_wait)


def test_several_units_and_homes_are_those_of_the_balance_equations():
    """Two units for some calls; a unit that stays for its own people: the same states as the plain solution."""
    rates, service, lists, _ = city(5, 7, 0.7, 2)
    wanted = np.array([1, 2, 1, 3, 1, 1, 2])
    found = hypercube(rates, service, lists, 0, units_per_call=wanted)
    assert found.workload.to_numpy() == pytest.approx(balance(rates, service, lists, 0, wanted)[0], abs=1e-8)
    of_unit, of_place = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 0, 1, 0, 1, 0])

    def may(u, j, busy):
        left = sum(of_unit[v] == of_unit[u] for v in range(5) if v not in busy)
        return of_unit[u] == of_place[j] or left > 1

    lent = hypercube(rates, service, lists, 0, home=(of_unit, of_place), keep_home=1)
    assert lent.workload.to_numpy() == pytest.approx(balance(rates, service, lists, 0, None, may)[0], abs=1e-8)
    assert lent.loss > hypercube(rates, service, lists, 0).loss


def test_lists_that_end_early_lose_their_calls():
    """Partial backup: the plain solution again, and the same for shorter rows and rows filled with -1."""
    rates, service, lists, _ = city(5, 7, 0.7, 3)
    part = lists[:, :3].copy()
    part[2, 1:] = -1
    found = hypercube(rates, service, part, 0)
    assert found.workload.to_numpy() == pytest.approx(balance(rates, service, part, 0)[0], abs=1e-9)
    filled = np.c_[part, np.full((7, 2), -1)]
    assert hypercube(rates, service, filled, 0).workload.tolist() == pytest.approx(found.workload.tolist())


@pytest.mark.parametrize("unequal", [False, True])
@pytest.mark.parametrize("capacity", [0, None])
def test_the_approximation_is_near_and_says_how_near(capacity, unequal):
    """Ten units at load 0.6: mean error at most 2 %, of travel 3 %, the worst as the result says."""
    rates, service, lists, minutes = city(10, 50, 0.6, 5, unequal)
    right = hypercube(rates, service, lists, capacity, travel=minutes)
    near = hypercube(rates, service, lists, capacity, travel=minutes, method="approximate")
    error = near.workload - right.workload
    assert (error.abs() / right.workload).mean() < 0.02
    assert near.worst_error == pytest.approx(error.abs().max())
    assert near.dispatch_share.to_numpy().sum() == pytest.approx(1.0)
    assert near.mean_travel == pytest.approx(right.mean_travel, rel=0.03)
    assert right.worst_error == 0


def test_labels_units_and_order_do_not_matter():
    """Shuffled places, labels, and another unit of time give the same answer."""
    rates, service, lists, minutes = city(4, 8, 0.6, 4, True)
    names, cars = [f"p{j}" for j in range(8)], [f"car {u}" for u in range(4)]
    plain = hypercube(rates, service, travel=minutes)
    table = pd.DataFrame(minutes, cars, names)
    turn = np.random.default_rng(0).permutation(8)
    found = hypercube(
        pd.Series(rates, names).iloc[turn], pd.Series(service, cars).iloc[::-1], pd.DataFrame(lists, names),
        travel=table,
    )  # fmt: skip
    assert found.workload.loc[cars].tolist() == pytest.approx(plain.workload.tolist())
    assert found.dispatch_share.loc[names, cars].to_numpy() == pytest.approx(plain.dispatch_share.to_numpy())
    faster = hypercube(60 * rates, 60 * service, lists, travel=minutes)
    assert faster.mean_wait * 60 == pytest.approx(plain.mean_wait)
    assert math.isfinite(plain.travel_by_place.sum())


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"rates": [9.0, 9.0]}, InfeasibleError, "grows without end"),
        ({"rates": [-1.0, 1.0]}, DataError, "rates"),
        ({"rates": [0.0, 0.0]}, DataError, "not all 0"),
        ({"service_rate": 0}, DataError, "service_rate"),
        ({"service_rate": [1.0, 2.0, 3.0]}, DataError, "leaves units out"),
        ({"preference": [[0, 0], [1, 0]]}, DataError, "each once"),
        ({"preference": [[0, 2], [1, 0]]}, DataError, "by position"),
        ({"preference": [[0, 1]]}, AlignmentError, "2 places"),
        ({"preference": [[0, -1], [1, 0]]}, DataError, "capacity=0"),
        ({"preference": None}, DataError, "travel"),
        ({"capacity": -1}, DataError, "capacity"),
        ({"travel": [[1.0], [2.0]]}, AlignmentError, "travel"),
        ({"travel": [[1.0, math.nan], [1.0, 2.0]]}, DataError, "travel"),
        ({"priorities": [0.5, 0.6]}, DataError, "sum to 1"),
        ({"units_per_call": 2}, DataError, "capacity=0"),
        ({"units_per_call": 0, "capacity": 0}, DataError, "1 or more"),
        ({"home": ([0], [0, 1]), "capacity": 0}, AlignmentError, "home"),
        ({"preference": [range(19)] * 2, "method": "exact"}, InfeasibleError, "approximate"),
    ],
)
def test_what_cannot_be_used_is_said(change, error, words):
    """One message that names the argument."""
    given = {"rates": [1.0, 1.0], "service_rate": 2.0, "preference": [[0, 1], [1, 0]], **change}
    with pytest.raises(error, match=words):
        hypercube(**given)
