"""What the map of a plan can show, a line a layer. A new layer is a line here and its words (``key``, ``key_unit``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

GRADED, FLAGS, TRAVEL = "graded", "flags", "travel"


@dataclass(frozen=True)
class LayerSpec:
    """One way to colour the cells, by a column of the same name.

    `make` says how: GRADED numbers, FLAGS (true or false), TRAVEL minutes from near to far. `scored` layers leave out
    cells that are not patrollable; `open` ones say nothing of the people there and show every cell. A layer that
    `counts` says of a zero how much it can still hide. `interval` are the columns of the lower and upper end,
    `beside` that of a chance that stands beside them. A `rate` is counted a period, and told a year too.
    """

    key: str
    make: str = GRADED
    ramp: str = "risk"
    scored: bool = False
    open: bool = False
    counts: bool = False
    interval: tuple[str, ...] = ()
    beside: str = ""
    rate: bool = False


LAYERS = (
    LayerSpec("risk", scored=True, interval=("risk_low", "risk_high"), beside="chance", rate=True),
    LayerSpec("hotspot", FLAGS, scored=True),
    LayerSpec("workload", ramp="workload", scored=True),
    LayerSpec("minutes_to_site", TRAVEL, scored=True, open=True),
    LayerSpec("population", ramp="population"),
    LayerSpec("incidents", counts=True),
    LayerSpec("officer_records"),
)


@dataclass(frozen=True)
class PointSpec:
    """Points on the map. `numbered` ones carry a number, stand in the list, and every column is told on their card."""

    key: str
    colour: str
    radius: float = 0.0
    line: float = 0.0
    numbered: str = ""  # key of the words of a point without a name
    sign: str = ""  # class of the style sheet
    heads: str = ""  # what the keys of the words of its columns begin with
    outlined: bool = False  # polygons whose outlines are drawn
    kinds: tuple[tuple[str, str], ...] = ()  # colours of kinds

    def style(self) -> dict[str, Any]:
        """Return what Leaflet wants to know of a circle."""
        line = {"color": "#ffffff", "weight": self.line, "fillOpacity": 1, "radius": self.radius}
        return {"fillColor": self.colour} | ({} if self.numbered else line)


FORCES = (("dedicated", "#14532d"), ("social", "#2f9e68"), ("volunteer", "#a9dcb9"))
POINTS = (
    PointSpec("spots", "#b3122f", numbered="spot_n", sign="sign spot", heads="spot_", outlined=True),
    PointSpec("places", "#5b6672", 3.5, 1),
    PointSpec("forces", "#1f7a4d", 5, 1.5, kinds=FORCES),
    PointSpec("sites", "#0b4f86", numbered="site_n", sign="sign"),
    PointSpec("checkpoints", "#5a1f7a", numbered="checkpoint_n", sign="sign post"),
)
