"""What the map of a plan can show, a line a layer. A new layer is a line here and its words (``key``, ``key_unit``)."""

from __future__ import annotations

from dataclasses import dataclass

GRADED, FLAGS, TRAVEL, TOLD = "graded", "flags", "travel", "told"


@dataclass(frozen=True)
class LayerSpec:
    """One way to colour the cells, by a column of the same name.

    `make` says how: GRADED numbers, FLAGS (true or false), TRAVEL minutes from near to far; what is TOLD stands on the
    card alone. `scored` layers leave out cells that are not patrollable; `open` ones say nothing of the people there
    and show every cell. A layer that `counts` says of a zero how much it can still hide. `whole` numbers have classes
    of whole numbers. `interval` are the columns of the lower and upper end, `beside` that of a chance that stands
    beside them. A `rate` is counted a period, and told in words.
    """

    key: str
    make: str = GRADED
    ramp: str = "risk"
    scored: bool = False
    open: bool = False
    counts: bool = False
    whole: bool = False
    interval: tuple[str, ...] = ()
    beside: str = ""
    rate: bool = False


LAYERS = (
    LayerSpec("risk", scored=True, interval=("risk_low", "risk_high"), beside="chance", rate=True),
    LayerSpec("hotspot", FLAGS, scored=True),
    LayerSpec("workload", ramp="workload", scored=True),
    LayerSpec("minutes_to_site", TRAVEL, scored=True, open=True),
    LayerSpec("population", ramp="population", whole=True),
    LayerSpec("incidents", counts=True, whole=True),
    LayerSpec("officer_records", whole=True),
    LayerSpec("patrol_minutes", ramp="workload", open=True),
    LayerSpec("households", TOLD),
    LayerSpec("road_km", TOLD, open=True),
    LayerSpec("area_km2", TOLD, open=True),
)


@dataclass(frozen=True)
class Sort:
    """A sort of things within a layer: told apart by its sign, also in grey, and switched by itself.

    `value` is what the column says, and the key of its words. `sign` is a key of SIGNS, `look` solid, hollow or dashed.
    """

    value: str
    colour: str
    sign: str = "circle"
    look: str = "solid"
    shown: bool = True


@dataclass(frozen=True)
class OverlaySpec:
    """What can lie on the cells: the table `key` of `Findings`, or of its `overlays`; points, lines or polygons.

    Points get a sign, lines and polygons are drawn as lines of a `width`, polygons `hatched` where wanted. Of every
    thing all columns are told on its card. What is `numbered` (key of the words of a thing without a name) carries its
    number and stands in the list. What is `named` has its name written where there is room; points are dots then.
    """

    key: str
    colour: str
    sign: str = "circle"
    look: str = "solid"
    shown: bool = True
    numbered: str = ""
    heads: str = ""  # what the keys of the words of its columns begin with
    listed: tuple[str, ...] = ()  # columns that stand in the list beside its name
    by: tuple[str, ...] = ("kind",)  # columns that say the sort of a thing; the first known value counts
    sorts: tuple[Sort, ...] = ()
    width: float = 2.5
    dash: tuple[float, ...] = ()
    hatched: bool = False
    named: bool = False


# outlines of signs on a square from -12 to 12
SIGNS = {
    "circle": "M0-10A10 10 0 1 1 0 10 10 10 0 1 1 0-10z",
    "square": "M-9-9H9V9H-9z",
    "triangle": "M0-10 11 9H-11z",
    "diamond": "M0-11 11 0 0 11-11 0z",
    "star": "M0-12 3.2-4.4 11.4-3.7 5.1 1.7 7.1 9.7 0 5.4-7.1 9.7-5.1 1.7-11.4-3.7-3.2-4.4z",
    "house": "M0-12 11-2H8V10H-8V-2H-11z",
    "pentagon": "M0-11 11-2 7 10H-7L-11-2z",
}
GREEN = "#14603c"
FORCES = (
    Sort("station", GREEN, "star"),
    Sort("dedicated", GREEN, "triangle"),
    Sort("social", "#2f9e68", "diamond"),
    Sort("volunteer", GREEN, "circle", "hollow"),
)
GRADES = (
    Sort("normal", "#5a1f7a", "square", "hollow"),
    Sort("raised", "#5a1f7a", "square", "dashed", shown=False),
    Sort("highest", "#5a1f7a", "diamond", "dashed", shown=False),
)
POSTS = (
    Sort("dedicated", GREEN, "pentagon", shown=False),
    Sort("social", "#2f9e68", "pentagon", "hollow", shown=False),
    Sort("volunteer", GREEN, "pentagon", "dashed", shown=False),
)
OVERLAYS = (
    OverlaySpec("sites", "#0b4f86", numbered="site_n", listed=("area_name", "adds_share")),
    OverlaySpec("checkpoints", "#5a1f7a", "square", "hollow", numbered="checkpoint_n", by=("grade",), sorts=GRADES,
                listed=("grade", "area_name")),
    OverlaySpec("spots", "#b3122f", "square", numbered="spot_n", heads="spot_", hatched=True,
                listed=("area_name", "incidents")),
    OverlaySpec("forces", GREEN, "triangle", heads="force_", by=("role", "kind"), sorts=FORCES),
    OverlaySpec("posts", "#2f9e68", "pentagon", shown=False, by=("force",), sorts=POSTS),
    OverlaySpec("event_posts", "#7a1f5a", "pentagon", shown=False, by=("event_post",)),
    OverlaySpec("event_areas", "#7a1f5a", heads="area_", shown=False, dash=(6, 4)),
    OverlaySpec("cameras", "#5b6672", "triangle", "hollow", shown=False),
    OverlaySpec("routes", "#0b4f86", heads="route_", width=3.0, shown=False),
    OverlaySpec("day_stops", "#0b4f86", "circle", "hollow", heads="route_", shown=False),
    OverlaySpec("rings", "#a3121f", width=4.5, shown=False, dash=(6, 4)),
    OverlaySpec("weak_roads", "#b35900", width=4.5, shown=False),
    OverlaySpec("weak_units", "#b35900", "pentagon", "hollow", shown=False),
    OverlaySpec("border_villages", "#b35900", "circle", "dashed", shown=False, by=("proposal",)),
    OverlaySpec("blind_spots", "#15202b", heads="blind_", hatched=True, shown=False, dash=(2, 3)),
    OverlaySpec("places", "#5b6672", "house", shown=False),
    OverlaySpec("villages", "#5b6672", named=True),
    OverlaySpec("excluded", "#4a4a4a", hatched=True, named=True),
    OverlaySpec("rivers", "#3f8fc4", width=1.8, named=True),
    OverlaySpec("barriers", "#3f8fc4", width=2.2, named=True),
)  # fmt: skip
