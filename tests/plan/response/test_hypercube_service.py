"""The hypercube as a service of `staff_units`, against closed formulas and calls simulated one by one."""

import numpy as np
import pandas as pd
import pytest

from patrolgeo import (
    AlignmentError,
    DataError,
    hypercube_service,
    sample_calls,
    simulate_dispatch,
    staff_units,
)  # fmt: skip
from patrolgeo.plan.optimise.queues.erlang import erlang_c

WISH = {"mean_service_hours": 1.0, "within_minutes": 8.0}


def town(n_units=4, n_places=12):
    rng = np.random.default_rng(3)
    minutes = np.abs(rng.random((n_units, 1, 2)) - rng.random((1, n_places, 2))).sum(axis=2) * 20
    return pd.DataFrame(minutes, columns=[f"p{k}" for k in range(n_places)]), pd.Series(rng.random(n_places) + 0.1)


def test_the_share_is_that_of_calls_simulated_one_by_one():
    travel, demand = town()
    demand = demand.set_axis(travel.columns)
    told = hypercube_service(travel, demand, **WISH)(2.0, 4)
    calls = sample_calls(2.0 * demand / demand.sum(), 400, minutes=60.0)
    # the way takes no time here, as in the hypercube; only its length decides
    lists = travel.to_numpy().T.argsort(axis=1)
    log = simulate_dispatch(calls, range(4), travel * 0, policy=lists).calls
    way = travel.to_numpy()[log["unit"].to_numpy(int), travel.columns.get_indexer(log["place"])]
    assert told == pytest.approx(((log["wait"] < 1e-9) & (way <= 8.0)).mean(), abs=0.004)


def test_where_every_way_is_short_it_is_erlang_c():
    service = hypercube_service(pd.DataFrame(np.ones((3, 2))), [1.0, 2.0], **WISH)
    assert [service(1.5, n) for n in (2, 3, 5)] == pytest.approx([1 - erlang_c(n, 1.5) for n in (2, 3, 5)], abs=1e-9)


def test_the_map_asks_for_more_units_than_the_queue_alone():
    travel, demand = town()
    wish = {"mean_service_hours": 1.0, "share": 0.5, "within_hours": 8 / 60}
    service = hypercube_service(travel, demand.to_numpy(), **WISH)
    on_map, alone = staff_units([0.5, 1.5], service=service, **wish), staff_units([0.5, 1.5], **wish)
    assert (on_map >= alone).all()
    assert (on_map > alone).any()


def test_hundreds_of_units_reach_what_lies_within_reach_of_a_base_and_no_more():
    travel, demand = town()
    within = demand[(travel <= 8).any().to_numpy()].sum() / demand.sum()
    assert hypercube_service(travel, demand.to_numpy(), **WISH)(0.5, 400) == pytest.approx(within, abs=1e-6)


def test_more_than_the_exact_units_are_served_too():
    travel, demand = town()
    assert 0.99 < hypercube_service(travel, demand.to_numpy(), mean_service_hours=1.0, within_minutes=60)(4.0, 14) <= 1


def test_labels_count_and_the_order_of_the_demand_does_not():
    travel, demand = town()
    demand = demand.set_axis(travel.columns)
    shares = [hypercube_service(travel, d, **WISH)(2.0, 3) for d in (demand, 7 * demand.iloc[::-1])]
    assert shares[0] == pytest.approx(shares[1], abs=1e-12)
    with pytest.raises(AlignmentError, match="demand"):
        hypercube_service(travel, demand.iloc[1:], **WISH)


@pytest.mark.parametrize("demand", [[0.0, 0.0], [1.0, -1.0], [1.0, np.nan]])
def test_demand_that_cannot_be_used_is_refused(demand):
    with pytest.raises(DataError, match="demand"):
        hypercube_service(pd.DataFrame(np.ones((2, 2))), demand, **WISH)
