"""The log of patrols of a plan file: where the units were, what had been planned, what came back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from patrolgeo.config.numbers import Minutes
from patrolgeo.config.source import Points
from patrolgeo.errors import DataError
from patrolgeo.toml_tables import Range, key

FAULTS = ("clock", "jump", "speed", "repeated", "place", "minutes")


@dataclass(frozen=True)
class PatrolLog(Points):
    """Positions or stops of units, and how they are held against what had been planned."""

    tz: str | None = key("Time zone of times that do not say it.", None, example='"Asia/Shanghai"')
    day_first: bool | None = key("Whether 02/01/2024 is the second of January.", None, example="true")
    set_aside: list[str] = key(
        "Faults whose rows are left out and counted; without it they stay, and are counted.", [], choices=FAULTS,
        example='["clock", "jump"]',
    )  # fmt: skip
    planned: Path | None = key(
        "List of tasks (task, start, lon, lat, minutes; shift, area where known): what the log is held against.", None,
        example='"tasks.csv"',
    )  # fmt: skip
    reported: Path | None = key(
        "The sheets of these tasks as they came back: task, issued, taken, done, ...", None, example='"reports.csv"'
    )
    max_gap_minutes: Minutes = key("A longer time between two positions of a unit counts for no cell.", 5.0)
    min_stay_minutes: Annotated[float, Range(least=0, most=1440)] = key(
        "A shorter stay in a cell is driving through, not a visit.", 3.0
    )

    def check(self, where: str, path: Path) -> None:
        """Raise when sheets came back of tasks that the plan does not name."""
        super().check(where, path)
        if self.reported is not None and self.planned is None:
            raise DataError(f"{path}: {where}.reported needs {where}.planned, the list of tasks that was issued.")
