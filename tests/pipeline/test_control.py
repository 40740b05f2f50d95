"""Posts, blind spots, weak links, cameras, rings and gates from the plan file alone: refused at the door, or kept."""

from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo.config import read_plan
from patrolgeo.config.equity import ConsultationWish
from patrolgeo.errors import PatrolgeoError
from patrolgeo.panel.shifts import falls_into
from patrolgeo.pipeline.cameras import find_camera_ground, place_cameras
from patrolgeo.pipeline.counting import count
from patrolgeo.pipeline.door import check_wishes
from patrolgeo.pipeline.plan import lay_ground, read_place
from patrolgeo.pipeline.posts import check_posts, place_posts, posts_unmet
from patrolgeo.pipeline.rings import seal_rings
from patrolgeo.pipeline.shifts import expected_by_shift, on_duty
from patrolgeo.pipeline.tiers import find_blind_spots, force_minutes
from patrolgeo.pipeline.traffic import meet_traffic
from patrolgeo.pipeline.weak import find_weak_links
from patrolgeo.plan.checkpoints.traffic import nearest_pieces
from patrolgeo.risk.baselines import HistoricalMean
from town import add_control, write_town


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A town with every wish: plan, tables, cells, counts, and what is expected."""
    plan = read_plan(add_control(write_town(tmp_path_factory.mktemp("town"), 20)))
    place = read_place(plan)
    ground = lay_ground(plan, place)
    counts = count(plan, place, ground)
    expected = SimpleNamespace(planned=counts.panel.mean() + 0.01, history=HistoricalMean().fit(counts.panel).history_)
    return SimpleNamespace(plan=plan, place=place, ground=ground, counts=counts, forecast=expected)


WRONG = [
    ('inside = ["West"]', 'inside = ["Wets"]', r"cordon 'ring around West': inside holds 'Wets'.*did you mean 'West'"),
    ('valid_until = "2024-01-05 18:00"', 'valid_until = "2020-01-05"', "lies before the newest record"),
    ('valid_until = "2024-01-31"', 'valid_until = "2020-01-31"', "checkpoints.valid_until = '2020-01-31' lies before"),
    ("costs = {national = 4}", "costs = {motorway = 4}", "costs holds 'motorway', which no road"),
    ('gate_to = ["clinic"]', 'gate_to = ["hospital"]', "gate_to holds 'hospital', which no place has"),
    ('road_classes = ["national"]', 'road_classes = ["nation"]', "cameras.road_classes holds 'nation'.*'national'"),
    ('kinds = ["market"]', 'kinds = ["bath"]', "cameras.kinds holds 'bath'"),
    ('include = {worship = "2023-05-01"}', 'include = {bath = "2023-05-01"}', "never allowed in: bath"),
    ("n = 3\npurpose", 'n = 3\nconsulted = {x = "2023-05-01"}\npurpose', "no id of a camera"),
    ("[tiers]\n", '[tiers]\nshifts = ["noon"]\n', "tiers.shifts names the shift 'noon', which .shifts. lacks"),
    ("[tiers]\n", '[tiers]\nkinds = ["volunteer"]\n', "tiers.kinds holds 'volunteer', which no force"),
    ("[weak]\n", '[strength]\nroles = ["horse"]\n[weak]\n', "forces. has none of them"),
    ("n = {day = 2}", "n = {noon = 2}", "posts.forces.n of 'social' names the shift 'noon'"),
    ("n = {day = 2}", "n = {day = 4}", "n.day = 4 posts of 'social', but the study area has 3 places"),
    ('places = ["school"]', 'places = ["shool"]', "posts.forces.places holds 'shool'.*'school'"),
]


@pytest.mark.parametrize(("old", "new", "words"), WRONG, ids=[f"{n:.30}" for _, n, _ in WRONG])
def test_what_the_files_do_not_hold_is_one_sentence_before_anything_is_computed(town, tmp_path, old, new, words):
    text = town.plan.path.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "plan.toml").write_text(text.replace(old, new), encoding="utf-8")
    plan = read_plan(tmp_path / "plan.toml", files=False)
    with pytest.raises(PatrolgeoError, match=rf"plan\.toml: .*{words}"):
        check_wishes(plan, town.place)
        check_posts(plan, town.place, town.ground)


def test_the_plan_as_it_stands_passes_the_door(town):
    check_wishes(town.plan, town.place)
    check_posts(town.plan, town.place, town.ground)


def test_a_camera_stands_neither_near_a_clinic_nor_near_worship_that_nobody_agreed_to(town):
    """The town's consultation agreed to worship: without it these points are refused as well."""
    wish = replace(town.plan.cameras, road_classes=None)
    for include, apart in (({"worship": "2023-05-01"}, ["clinic"]), ({}, ["clinic", "worship"])):
        plan = replace(town.plan, cameras=replace(wish, include=include))
        at = find_camera_ground(plan, town.place, town.ground)
        places = town.place["places"].to_crs("EPSG:32650")
        points = at.roads.nodes.to_crs("EPSG:32650").geometry.iloc[at.nodes]
        near = {kind: points.distance(spot).min() for kind, spot in places.set_index("kind").geometry.items()}
        assert {kind for kind in ("clinic", "worship") if near[kind] > wish.range_m * 0.99} == set(apart)
        assert near["market"] < 20
        assert set(at.refused) == set(apart)
        cameras = place_cameras(plan, town.place, town.ground, town.forecast, at)
        assert len(cameras.table) == wish.n
        assert cameras.table["camera"].is_unique


def test_a_camera_stands_in_no_refused_cell_and_sees_no_refused_place(town):
    plan = replace(town.plan, cameras=replace(town.plan.cameras, road_classes=None))
    before = find_camera_ground(plan, town.place, town.ground)
    market = town.place["places"].loc[lambda t: t["kind"] == "market", "name"].iloc[0]
    cell = town.ground.grid.locate(before.roads.nodes).iloc[before.nodes].value_counts().index[0]
    for refused in (cell, market):
        said = ConsultationWish(date="2023-05-01", who="a meeting", refused=[refused])
        at = find_camera_ground(replace(plan, consultation=said), town.place, town.ground)
        assert set(at.nodes) < set(before.nodes)
        points = at.roads.nodes.iloc[at.nodes].to_crs("EPSG:32650")
        if refused == cell:
            assert not (town.ground.grid.locate(points) == cell).any()
        else:
            spot = town.place["places"].set_index("name").to_crs("EPSG:32650").geometry[market]
            assert points.distance(spot).min() > plan.cameras.range_m * 0.99


def test_consulted_cameras_are_told_and_their_ids_stay(town):
    at = find_camera_ground(town.plan, town.place, town.ground)
    first = place_cameras(town.plan, town.place, town.ground, town.forecast, at).table
    held = replace(town.plan, cameras=replace(town.plan.cameras, consulted={first["camera"].iloc[1]: "2023-06-01"}))
    second = place_cameras(held, town.place, town.ground, town.forecast, at).table
    assert second["camera"].tolist() == first["camera"].tolist()
    assert second["consulted"].fillna("").tolist() == ["", "2023-06-01", ""]


def test_the_traffic_shows_at_the_gate_what_it_counted(town):
    load = meet_traffic(town.plan, town.place).plan.traffic.load
    gates = town.place["gates"]
    at = town.place.graph.edges.index[nearest_pieces(town.place.graph, gates)]
    assert load[at].tolist() == pytest.approx(gates["count"].tolist(), rel=1e-5)


def test_the_ring_holds_and_its_gate_stays_open(town):
    (ring,) = seal_rings(town.plan, town.place)
    inside = town.place["current"].set_index("name").geometry["West"]
    nodes = town.place.graph.nodes.geometry
    west = set(nodes.index[shapely.contains_xy(inside, nodes.x, nodes.y)])
    assert west <= set(ring.plan.enclosed)
    assert ring.table["gate"].sum() == 1
    assert ring.plan.objective == ring.table["cost"].sum() <= ring.plan.boundary_cost


def test_posts_of_a_shift_stand_at_places_of_their_kinds_and_lack_of_people_is_told(town):
    posts = place_posts(town.plan, town.place, town.ground, town.counts, town.forecast)
    kinds = {"social": {"school"}, "dedicated": {"market", "clinic"}}
    assert all(set(part["kind"]) <= kinds[force] for force, part in posts.table.groupby("force"))
    assert posts.table.groupby("shift").size().to_dict() == {"day": 2, "night": 1}
    assert posts_unmet(posts) == [
        {"wish": "staff_posts", "force": "social", "shift": "day", "wanted": 4, "can": 3},
        {"wish": "staff_posts", "force": "dedicated", "shift": "night", "wanted": 20, "can": 9},
    ]


def test_blind_spots_are_the_cells_that_nobody_on_duty_reaches(town):
    blind = find_blind_spots(town.plan, town.place, town.ground, town.counts, town.forecast)
    minutes = force_minutes(town.plan, town.place, town.ground, town.place["forces"], np.inf)
    cells = town.ground.patrollable_cells
    for shift, there in (("day", [0, 1, 2]), ("night", [0])):
        for tier, limit in town.plan.tiers.minutes.items():
            expected = minutes.loc[there, cells].min() > limit + 1e-9
            assert blind.cells[tier, shift].tolist() == expected.tolist()
    told = blind.table.set_index(["tier", "shift"])
    assert told.loc[("urgent", "night"), "cells"] > told.loc[("urgent", "day"), "cells"]
    assert told.loc[("urgent", "night"), "residents"] == pytest.approx(
        town.ground.population[blind.cells.index[blind.cells["urgent", "night"]]].sum()
    )


def test_who_walks_arrives_later_than_who_drives(town):
    forces = town.place["forces"].iloc[[0, 0]].reset_index(drop=True).assign(speed_kmh=[40.0, 5.0])
    minutes = force_minutes(town.plan, town.place, town.ground, forces, np.inf)
    away = minutes.loc[0] > 0
    assert (minutes.loc[1, away] >= minutes.loc[0, away] - 1e-9).all()
    assert (minutes.loc[1, away] / minutes.loc[0, away]).median() > 3


def test_without_a_weak_unit_its_share_is_lost(town):
    weak = find_weak_links(town.plan, town.place, town.ground, town.forecast)
    forces = town.place["forces"].iloc[:2]
    demand = town.forecast.planned[town.ground.patrollable_cells]
    reach = force_minutes(town.plan, town.place, town.ground, forces, 5.0)[demand.index] <= 5.0
    alone = {
        name: demand[reach.iloc[k] & ~reach.iloc[1 - k]].sum() / demand.sum() for k, name in enumerate(forces["name"])
    }
    assert dict(zip(weak.units["name"], weak.units["lost_share"], strict=True)) == pytest.approx(alone)
    assert weak.looked_at == 2
    assert (weak.roads["lost_share"] > 0.05).all()


def test_the_hours_of_a_shift_cross_midnight_and_belong_to_the_day_it_starts():
    night = pd.Series({"start": 1320, "minutes": 480, "days": ["Fri"]})
    times = pd.Series(pd.to_datetime(["2024-01-05 21:59", "2024-01-05 22:00", "2024-01-06 05:59", "2024-01-06 22:30",
                                      "2024-01-05 05:00"]))  # fmt: skip
    assert falls_into(times, night).tolist() == [False, True, True, False, False]
    forces = gpd.GeoDataFrame({"start": ["20:00", "00:00", "23:00"], "end": ["07:00", "24:00", "06:00"]})
    assert on_duty(forces, pd.DataFrame({"night": night}).T)["night"].tolist() == [True, True, False]


def test_what_is_expected_in_shifts_that_fill_the_day_adds_up_about(town):
    shifts = pd.DataFrame({"start": [360, 840, 1320], "minutes": [480] * 3, "days": [list(DAYS)] * 3}, ["a", "b", "c"])
    planned = town.forecast.planned
    parts = expected_by_shift(town.forecast, town.counts.records, shifts)
    assert parts.sum(axis=1).to_numpy() == pytest.approx(planned.to_numpy(), rel=0.1)
    assert parts.to_numpy().sum() == pytest.approx(planned.sum(), rel=0.01)
    mixed = expected_by_shift(town.forecast, town.counts.records.sample(frac=1, random_state=1), shifts)
    pd.testing.assert_frame_equal(parts, mixed)


def test_a_shift_gets_the_share_that_the_model_gives_to_its_hours(town):
    shift = pd.DataFrame({"start": [1320], "minutes": [480], "days": [["Fri", "Sat"]]}, ["night"])
    model = HistoricalMean().fit(town.counts.panel)
    asked = model.predict_hours(town.counts.records, days=["Fri", "Sat"], hours=("22:00", "06:00")).iloc[0]
    seen = asked > 0
    share = expected_by_shift(town.forecast, town.counts.records, shift)["night"] / town.forecast.planned
    assert share[seen].to_numpy() == pytest.approx((asked / model.predict().iloc[0])[seen].to_numpy())


DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
