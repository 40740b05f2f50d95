"""Windows from the risk of the hour, wanted chances by place, and units of several kinds and forces on one map."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import RouteRules, design_routes, risk_windows
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.testing import check_route_plan


def town(n, seed):
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 20, (n, 2))
    return np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)), np.r_[0.0, rng.lognormal(1, 0.8, n - 1).round(2)]


def minute_by_minute(row, zero, shift):
    """Return what is expected in each minute after the plan's zero."""
    return np.array([row[(zero + minute) // 60 % 24] / 60 for minute in range(shift)])


@pytest.mark.parametrize(("begins", "zero", "shift"), [("20:00", 1200, 480), ("22:30", 1350, 500), ("00:00", 0, 1440)])
def test_a_window_is_the_shortest_run_of_hours_that_holds_its_share(begins, zero, shift):
    risk = pd.DataFrame(np.random.default_rng(3).gamma(0.4, size=(12, 24)), [f"p{i}" for i in range(12)])
    found = risk_windows(risk, begins, shift, share=0.6)
    cuts = [0, *(m for m in range(1, shift) if (zero + m) % 60 == 0), shift]
    for place, (low, high, share) in found.iterrows():
        flow = minute_by_minute(risk.loc[place].to_numpy(), zero, shift)
        assert flow[int(low) : int(high)].sum() / flow.sum() == pytest.approx(share)
        assert share >= 0.6 - 1e-9
        shorter = [(a, b) for a in cuts for b in cuts if 15 <= b - a < high - low]
        assert all(flow[a:b].sum() < 0.6 * flow.sum() - 1e-12 for a, b in shorter)
    shuffled = risk_windows(risk.iloc[::-1] * 7, begins, shift, share=0.6)
    pd.testing.assert_frame_equal(shuffled.sort_index(), found.sort_index())


def test_windows_from_risk_bind_the_stops_and_nonsense_is_refused():
    minutes, prizes = town(12, 4)
    risk = pd.DataFrame(np.random.default_rng(4).gamma(0.3, size=(12, 24)))
    risk.iloc[0] = 0.0
    found = risk_windows(risk, "22:00", 240)
    assert found.index.tolist() == list(range(1, 12))
    plan = design_routes(
        prizes, minutes, 2, 240, 12, base=0, rules=RouteRules(windows=found, day_begins="22:00"), effort=0.001
    )
    check_route_plan(plan)
    bound = found.loc[plan.stops["place"]]
    assert (plan.stops["arrive"].to_numpy() >= bound["from"].to_numpy() - 1e-6).all()
    assert (plan.stops["leave"].to_numpy() <= bound["to"].to_numpy() + 1e-6).all()
    twice = pd.concat([risk, risk[[0]]], axis=1)
    for bad in (risk.iloc[:, :23], twice, -risk, risk * np.nan, risk * 0):
        with pytest.raises(DataError, match="risk"):
            risk_windows(bad, "22:00", 240)
    for options in ({"share": 1.0}, {"share": 0.0}, {"stop_minutes": 300}):
        with pytest.raises(DataError):
            risk_windows(risk, "22:00", 240, **options)


def test_two_forces_on_one_map_drive_each_by_its_own_ways():
    minutes, prizes = town(20, 5)
    foot = minutes * 4.0
    drone = minutes * 0.5
    drone[:, 7] = drone[7, :] = np.nan  # it must not fly there
    rules = RouteRules(
        unit_kinds=["car", "foot", "drone"], unit_names=["police", "wardens", "eye"], shift_begins=[0, 60, 30],
        visits=2, gap_minutes=45, over_homes=True,
    )  # fmt: skip
    plan = design_routes(
        prizes, {"car": minutes, "foot": foot, "drone": drone}, 3, [180, 120, 40], 10, base=[0, 3, 5], rules=rules,
        effort=0.002,
    )  # fmt: skip
    check_route_plan(plan)
    assert 7 not in plan.stops.loc[plan.stops["unit"] == "eye", "place"].tolist()
    assert plan.routes.loc["eye", "minutes"] <= 40 + 1e-6
    for unit, way in (("police", minutes), ("wardens", foot)):
        mine = plan.stops[plan.stops["unit"] == unit]
        at = mine["place"].to_numpy()
        on = mine["arrive"].to_numpy()[1:] - mine["leave"].to_numpy()[:-1]
        assert (on >= way[at[:-1], at[1:]] - 1e-6).all()
    without = design_routes(
        prizes, {"car": minutes, "foot": foot}, 2, [180, 120], 10, base=[0, 3], effort=0.002,
        rules=RouteRules(unit_kinds=["car", "foot"], shift_begins=[0, 60], visits=2, gap_minutes=45),
    )  # fmt: skip
    assert without.objective < plan.objective


def test_wanted_chances_by_place_are_kept_by_many_draws():
    minutes, _ = town(25, 6)
    prizes = np.r_[0.0, np.full(24, 10.0)]
    free = design_routes(prizes, minutes, 2, 110, 12, base=0, effort=0.002)
    often = free.stops["place"].iloc[:3].tolist()
    never = next(p for p in range(1, 25) if p not in set(free.stops["place"]))
    wanted = pd.DataFrame({"low": [0.0] * 3 + [0.3], "high": [0.6] * 3 + [1.0]}, index=[*often, never])
    plan = design_routes(prizes, minutes, 2, 110, 12, base=0, rules=RouteRules(visit_range=wanted), effort=0.002)
    told = plan.pool.chance.loc[wanted.index]
    assert told["reached"].all()
    assert not told["needed"].any()
    drawn = [set(plan.draw(day, 5).stops["place"]) for day in pd.date_range("2025-01-01", periods=40)]
    share = pd.Series({p: np.mean([p in day for day in drawn]) for p in wanted.index})
    assert (share <= wanted["high"] + 0.25).all()
    assert share[never] >= 0.3 - 0.25
    for bad in ((0.5,), (0.7, 0.2), pd.DataFrame({"low": [0], "high": [1]}, index=["x"])):
        asked = design_routes(prizes[:6], minutes[:6, :6], 1, 60, 12, base=0, rules=RouteRules(visit_range=bad))
        with pytest.raises(DataError, match="visit_range"):
            asked.draw("2025-01-01")


def test_a_place_that_no_plan_can_do_without_is_said_to_be_needed():
    minutes, prizes = town(20, 7)
    prizes[4] = prizes.sum()
    plan = design_routes(
        prizes, minutes, 2, 110, 12, base=0, rules=RouteRules(visit_range=(0.0, 0.5), visit_range_places=[4]),
        effort=0.005,
    )  # fmt: skip
    told = plan.pool.chance.loc[4]
    assert told["needed"]
    assert not told["reached"]
    assert told["chance"] == pytest.approx(1.0)


def flown(n=16, seed=8):
    """Places on a square of 4 km with minutes at 60 km/h in a straight line, and where people live."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 4000, (n, 2))
    xy[0] = 0.0
    minutes = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) / 1000
    boxes = [shapely.box(x, y, x + 500, y + 500) for x, y in rng.uniform(300, 3500, (9, 2))]
    cells = gpd.GeoDataFrame({"population": [3, 0, 9, 1, 5, 2, 0, 8, np.nan]}, geometry=boxes, crs=32649)
    return minutes, np.r_[0.0, rng.uniform(1, 5, n - 1)], gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=32649), cells


def test_a_drone_never_flies_over_homes_unless_that_is_allowed():
    """Points a metre apart along every leg: none lies where people live, or where nobody knows whether they do."""
    minutes, prizes, points, cells = flown()
    told = {"unit_kinds": ["drone", "drone"], "points": points}

    def legs(rules):
        plan = design_routes(prizes, {"drone": minutes}, 2, [60, 60], 5, base=0, rules=rules, effort=0.005)
        check_route_plan(plan)
        at = [[0, *tour["place"], 0] for _, tour in plan.stops.groupby("unit", sort=False)]
        return plan, [(points[a], points[b]) for tour in at for a, b in pairwise(tour)]

    def over(pairs, homes):
        along = [shapely.points(a.x + t * (b.x - a.x), a.y + t * (b.y - a.y))
                 for a, b in pairs for t in np.linspace(0, 1, int(a.distance(b)) + 2)]  # fmt: skip
        return shapely.contains(homes.union_all(), along).any()

    lived = cells[cells["population"].ne(0)]
    plan, pairs = legs(RouteRules(**told, homes=cells))
    assert not over(pairs, lived)
    free, pairs = legs(RouteRules(**told, over_homes=True))
    assert over(pairs, lived)
    assert plan.objective < free.objective
    same, _ = legs(RouteRules(**told, homes=lived.geometry.to_crs(4326)))  # degrees, and polygons alone
    assert same.objective == plan.objective


def test_a_drone_without_homes_is_refused_in_words():
    minutes, prizes, points, cells = flown()
    for some, error in (({}, DataError), ({"homes": cells}, DataError), ({"points": points}, DataError),
                        ({"homes": cells, "points": points[:4]}, AlignmentError),
                        ({"homes": 3, "points": points}, DataError),
                        ({"homes": cells, "points": points.buffer(9)}, DataError)):  # fmt: skip
        with pytest.raises(error, match=r"homes=|points"):
            design_routes(prizes, {"drone": minutes}, 1, 60, 5, base=0, rules=RouteRules(unit_kinds=["drone"], **some))
    with pytest.raises(DataError, match="over_homes"):
        RouteRules(over_homes="no")
