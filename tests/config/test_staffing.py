"""What a plan file may ask of staffing and of dated events, and what is refused."""

from pathlib import Path

import pytest

from patrolgeo.config import parse_plan
from patrolgeo.errors import DataError, MissingColumnError

PATH = Path("plan.toml")
EVENT = {
    "name": "fair", "kind": "market day", "place": "the market", "start": "2025-01-18 09:00",
    "end": "2025-01-18 21:00", "people": 100,
}  # fmt: skip


def plan(**more):
    base = {
        "title": "t", "incidents": {"file": "i.csv"}, "area": {"file": "a.gpkg"}, "places": {"file": "p.csv"},
        "areas": {"n": 3, "speed_kmh": 30.0, "workload": {"risk": 1.0}},
    }  # fmt: skip
    return parse_plan(base | more, PATH)


def with_event(**more):
    return plan(events=[EVENT | more])


def test_an_event_is_read_with_its_defaults():
    event = with_event().events[0]
    assert (event.officers, event.units_share, event.posts, event.calls) == (2, 0.0, {}, 0.0)


@pytest.mark.parametrize("kind", ["assembly", "religious", "political"])
@pytest.mark.parametrize("asked", [
    {"posts": {"camera": 1}}, {"posts": {"checkpoint": 2}}, {"posts": {"patrol": 2}}, {"posts": {"entrance": 1}},
    {"calls": 1.0},
])  # fmt: skip
def test_gatherings_get_safety_posts_only(kind, asked):
    """No cameras, checkpoints or forecasts for those who gather; the refusal says what is offered."""
    with pytest.raises(DataError, match="only safety posts are: medical, exit, traffic"):
        with_event(kind=kind, **asked)
    offered = with_event(kind=kind, posts={"medical": 2, "exit": 4, "traffic": 3}).events[0]
    assert sum(offered.posts.values()) == 9


def test_other_events_may_ask_for_other_posts():
    assert with_event(kind="festival", posts={"camera": 1, "checkpoint": 1}).events[0].posts["camera"] == 1


@pytest.mark.parametrize(("wrong", "says"), [
    ({"end": "2025-01-18 09:00"}, "must be after"), ({"end": "one day"}, "must be a date"), ({"kind": "party"}, "kind"),
    ({"posts": {"sniper": 1}}, "posts"), ({"hours": ["7", "8"]}, "clock times"), ({"units_share": 1.0}, "units_share"),
    ({"people": 0}, "people"), ({"weekdays": ["someday"]}, "weekdays"), ({"posts": {"exit": 0}}, "posts.exit"),
    ({"units_share": 0.2}, r"needs \[staffing\]"), ({"calls": 2.0}, r"needs \[staffing\]"),
])  # fmt: skip
def test_events_that_cannot_be_are_refused(wrong, says):
    with pytest.raises(DataError, match=says):
        with_event(**wrong)


def test_an_event_without_an_end_is_refused():
    with pytest.raises(MissingColumnError, match="end"):
        plan(events=[{key: value for key, value in EVENT.items() if key != "end"}])


def test_staffing_needs_calls_and_a_date():
    with pytest.raises(DataError, match=r"\[staffing\] needs \[calls\]"):
        plan(staffing={})
    with pytest.raises(DataError, match="first_day"):
        plan(staffing={"first_day": "tomorrow"}, calls={"file": "c.csv"})
    assert plan(staffing={}, calls={"file": "c.csv"}).staffing.lengths == [8, 10, 12]
