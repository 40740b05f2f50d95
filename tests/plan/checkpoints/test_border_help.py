"""For each missing side the cheapest help is named: a third station, a post that serves several, else an agreement."""

import numpy as np
import pandas as pd
import pytest

from patrolgeo import border_proposals, joint_coverage
from patrolgeo.errors import AlignmentError, DataError

REACH = 12.0


def town(seed, n=30, m=6):
    rng = np.random.default_rng(seed)
    sites, places = [f"s{i}" for i in range(m)], [f"v{j}" for j in range(n)]
    xy = rng.uniform(0, 60, (m + n, 2))
    minutes = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    area = pd.Series(rng.choice(["E", "W", "N"], m + n), [*sites, *places])
    area.iloc[:3] = ["E", "W", "N"]
    neighbour = area[places].map(lambda own: rng.choice([a for a in "EWN" if a != own]))
    demand = pd.Series(rng.integers(1, 500, n).astype(float), places)
    to_places = pd.DataFrame(minutes[:m, m:], sites, places)
    plan = joint_coverage(to_places, m, REACH, area[sites], area[places], neighbour=neighbour, demand=demand,
                          existing=sites)  # fmt: skip
    return plan, to_places, pd.DataFrame(minutes[m:, m:], places, places), area


@pytest.mark.parametrize("seed", range(4))
def test_every_missing_side_has_one_proposal_that_holds(seed):
    plan, sites, posts, area = town(seed)
    table = border_proposals(plan, sites, posts, area[sites.index], REACH)
    places = plan.places
    lacking = {(p, "own") for p in places.index[~places["own"]]} | {
        (p, "neighbour") for p in places.index[~places["other"]]
    }
    assert set(zip(table["place"], table["side"], strict=True)) == lacking
    assert len(table) == len(lacking) > 5
    assert table["demand"].is_monotonic_decreasing
    for row in table.itertuples():
        third = [s for s in sites.index if area[s] not in (places["area"][row.place], places["neighbour"][row.place])]
        able = row.side == "neighbour" and (sites.loc[third, row.place] <= REACH).any()
        assert (row.proposal == "station") == able
        if row.proposal == "station":
            assert row.by in third
            assert row.minutes == sites.loc[third, row.place].min()
        elif row.proposal == "post":
            assert area[row.by] == row.of_area
            assert row.minutes == posts.loc[row.by, row.place] <= REACH
        elif isinstance(row.by, str):
            mine = [s for s in sites.index if area[s] == row.of_area]
            assert row.minutes == sites.loc[mine, row.place].min() > REACH
    assert (table[table["proposal"] == "post"].groupby("by").size() >= 2).all()


@pytest.mark.parametrize("seed", range(4))
def test_no_post_that_would_help_two_more_is_left_out(seed):
    plan, sites, posts, area = town(seed)
    table = border_proposals(plan, sites, posts, area[sites.index], REACH)
    left = table[table["proposal"] == "agreement"]
    for post in posts.index:
        helped = (posts.loc[post, left["place"]].to_numpy() <= REACH) & (left["of_area"] == area[post]).to_numpy()
        assert helped.sum() < 2


def test_shuffled_rows_propose_the_same():
    plan, sites, posts, area = town(1)
    first = border_proposals(plan, sites, posts, area[sites.index], REACH)
    mixed = posts.sample(frac=1, random_state=0).sample(frac=1, axis=1, random_state=1)
    again = border_proposals(plan, sites.iloc[::-1, ::-1], mixed, area[sites.index[::-1]], REACH)
    pd.testing.assert_frame_equal(first, again)


def test_what_is_missing_in_the_tables_is_said():
    plan, sites, posts, area = town(2)
    with pytest.raises(AlignmentError, match="post_minutes"):
        border_proposals(plan, sites, posts.iloc[1:], area[sites.index], REACH)
    with pytest.raises(AlignmentError, match="site_area"):
        border_proposals(plan, sites, posts, area[sites.index[1:]], REACH)
    with pytest.raises(DataError, match="max_cost"):
        border_proposals(plan, sites, posts, area[sites.index], 0)
