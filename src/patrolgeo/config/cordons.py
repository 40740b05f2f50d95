"""What planners ask of a ring around an area: a legal basis, an end, and a gate that stays open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from patrolgeo.config.numbers import Weight
from patrolgeo.toml_tables import Range, key


@dataclass(frozen=True, kw_only=True)
class CordonWish:
    """A ring: the cheapest roads whose closing encloses an area for a stated time."""

    name: str = key("What the ring is called.", example='"ring around the county town"')
    inside: list[str] = key("Names of [current] areas or [units] that it encloses together.", example='["Longhe"]')
    basis: str = key("The law or order that the closing of roads rests on.", example='"order 12 of 1 June 2026"')
    valid_until: str = key("Until when the roads may be closed.", example='"2026-06-03 18:00"')
    direction: str = key("Who is stopped: drivers out, in, or both.", "both", choices=("both", "in", "out"))
    depth: Annotated[int, Range(least=1, most=1000)] = key(
        "How many road pieces beyond the area roads may be closed.", 15
    )
    costs: dict[str, Weight] = key(
        "Officers that it takes to close a road, by class of [roads]; 1 where nothing is said.",
        {}, example="{national = 4, provincial = 3}",
    )  # fmt: skip
    gate_to: list[str] | None = key(
        "Kinds of [places] to which the gate, a road that stays open and staffed, must lead quickly.",
        None, example='["hospital"]',
    )  # fmt: skip
