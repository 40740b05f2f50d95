"""What is asked of the simulated response: minutes, work of a call, how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from patrolgeo.config.numbers import Minutes
from patrolgeo.toml_tables import Range, key


@dataclass(frozen=True, kw_only=True)
class ResponseWish:
    """What the plan will feel like: minutes until somebody is there, simulated for today's bases and the plan's."""

    within_minutes: Minutes = key("Minutes within which somebody should be there; a planning value.", 15.0)
    service_minutes: Minutes | None = key(
        "Minutes of work at the scene; without it those of [calls], or 40 where there are none.", None, example="35.0"
    )
    weeks: Annotated[float, Range(least=1, most=520)] = key("How many weeks are simulated.", 12.0)
