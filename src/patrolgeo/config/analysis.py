"""How the past is counted, which hot spots are found, and what a run may ask of the machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from patrolgeo.config.numbers import Count, Share, Weight
from patrolgeo.toml_tables import Range, key

FREQS = ("D", "W", "28D", "91D", "MS", "YS")
FORECASTS = ("auto", "stack", "kernel", "ewma", "past_counts", "population", "area")


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """How the past is counted and the forecast tested."""

    resolution: Annotated[int, Range(least=3, most=13)] = key(
        "H3 resolution of the cells: counties 8 or 9, cities 9 or 10.", 9
    )
    categories: list[str] | None = key(
        "Count and forecast these categories only; the others are read and accounted for.",
        None, example='["theft", "burglary"]',
    )  # fmt: skip
    freq: str = key("Length of a period: day, week, 28 or 91 days, month, year.", "W", choices=FREQS)
    origins: Annotated[int, Range(least=1, most=1000)] = key("How many past forecasts are tested.", 8)
    area_shares: list[Share] = key("Shares of the area at which the forecast is scored.", [0.01, 0.05])
    alpha: Share = key("Wanted share of false alarms among the hot cells.", 0.05)
    model: str = key(
        "The forecast that areas and sites are made from; auto takes the stack where it catches more than the simpler "
        "maps, else the simplest map that catches as much.",
        "auto", choices=FORECASTS,
    )  # fmt: skip
    harm: dict[str, Weight] = key(
        "Harm of an incident by category, in any unit (days of sentence, a scale that was agreed on): hot spots and "
        "areas are then ranked by harm beside by count. Every counted category needs a weight.",
        {}, example="{theft = 2, robbery = 365}",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class HotSpotWish:
    """How large a hot spot may be, and how many there are."""

    max_km2: Annotated[float, Range(above=0, most=1e5)] = key("Largest area of a spot of several cells.", 0.25)
    n: Count | None = key(
        "How many hot spots; without it as many as the units of a shift have time to visit twice.", None, example="12"
    )


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much a run may ask of the machine; more is refused before it starts, and said."""

    cells: Annotated[int, Range(least=1)] = key("Most cells of the study area.", 500_000)
    counts: Annotated[int, Range(least=1)] = key("Most periods times cells.", 150_000_000)
