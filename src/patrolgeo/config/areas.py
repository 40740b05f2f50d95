"""What planners ask of the patrol areas."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from patrolgeo._checks import check_choice
from patrolgeo.config.numbers import Count, Hours, Minutes, Share, Weight
from patrolgeo.errors import DataError, MissingColumnError
from patrolgeo.toml_tables import Range, key

WORKLOAD_PARTS = ("population", "risk", "roads", "area", "visits")
KEEP = ("exactly", "mostly")
CHOICE = ("tolerance", "stay_minutes", "travel", "minmax", "response", "equity", "within_minutes")


@dataclass(frozen=True, kw_only=True)
class AreaWish:
    """How many patrol areas, balanced on what, travelled how fast, bordered by what.

    Where [calls] are named, the workload is in unit-minutes a shift, made with `shift_hours` and what follows it.
    """

    n: Count = key(
        "How many patrol areas; must be there where areas are drawn anew, and is that of [current] with `keep`.",
        0, example="12",
    )  # fmt: skip
    keep: str | None = key(
        "Keep today's areas, those of [current]: exactly as they are, or mostly, so that a unit leaves its area only "
        "where that saves `stay_minutes`. Without it areas are drawn anew.",
        None, choices=KEEP, example='"mostly"',
    )  # fmt: skip
    stay_minutes: Annotated[float, Range(least=0, most=1440)] = key(
        'With keep = "mostly": minutes of travel that a unit must save before it leaves its area of today; more keeps '
        "more as it is.",
        1.0,
    )
    fixed: list[str] | None = key(
        'With keep = "mostly": areas of today whose units all stay in them, or single units (cells, names of [units]).',
        None, example='["North", "8840288c4dfffff"]',
    )  # fmt: skip
    anchors: str | None = key(
        "What is the middle of an area each: stations are those of [forces], each with an area of its own.",
        None, choices=("stations",), example='"stations"',
    )  # fmt: skip
    workload: dict[str, Weight] = key(
        "What the work of an area weighs, used without [calls]: population, risk, roads, area, visits (one owed to "
        "every inhabited village). A preset sets it.",
        example="{population = 0.4, risk = 0.3, roads = 0.2, visits = 0.1}",
    )
    speed_kmh: Annotated[float, Range(above=0, most=200)] = key(
        "Patrol speed where no road speed is known. A preset sets it.", example="30.0"
    )
    tolerance: Annotated[float, Range(least=0, most=1)] | None = key(
        'The heaviest and lightest area may differ from the mean by this share: 0.02 where it is not said; with keep = '
        '"mostly" no more than today, where it is not said.',
        None, example="0.05",
    )  # fmt: skip
    link_parts: bool = key(
        "Parts of the study area without a way between them are joined by assumed links; false makes them an error.",
        True,
    )
    follow_lines: bool = key(
        "Borders move to rivers and great roads within one cell; false leaves them on the cells.", True
    )
    compact: bool = key(
        "No area within one other, and no neck; with follow_lines = false. Where none is found the run ends and "
        "says what is left.",
        False,
    )  # fmt: skip
    together: bool = key(
        "Divide cells and keep those of each of [units] together, in place of dividing [units] themselves; cells whose "
        "middle lies in none go by themselves.",
        False,
    )  # fmt: skip
    nest_in: str = key(
        'Column of [units] with the jurisdictions, whose borders no area crosses; "" lets areas cross them.',
        "", example='"township"',
    )  # fmt: skip
    max_change: Share | None = key(
        'With keep = "mostly": the largest share of units that may leave their area of today; the report shows what '
        "less and more change would bring.",
        None, example="0.1",
    )  # fmt: skip
    n_beside: list[Count] = key(
        "Other numbers of areas, whose workload, response and gain the report puts beside those of n.",
        [], example="[10, 14]",
    )  # fmt: skip
    shift_change: Share | None = key(
        "Draw the areas for each shift of [shifts] as well: the largest share of units that may be in another area in "
        "another shift. Numbers, names and radio codes stay.",
        None, example="0.1",
    )  # fmt: skip
    choice: dict[str, Weight] = key(
        "Goals with their weights, as a set of plans to choose from gives them in one line: travel, minmax (the "
        "farthest unit), response (work beyond within_minutes), equity; with tolerance and stay_minutes.",
        {}, example="{tolerance = 0.05, travel = 0.6, minmax = 0.4}",
    )  # fmt: skip
    reassign: dict[str, Any] = key(
        "Changes by hand, printed on page one: unit = number, name or radio code of an area.",
        {}, example='{"8840288c4dfffff" = 5}',
    )  # fmt: skip
    shift_hours: Hours = key("With [calls]: length of a shift.", 8.0)
    report_minutes: Annotated[float, Range(least=0, most=1440)] = key("With [calls]: writing up a call.", 15.0)
    stop_minutes: Minutes = key("With [calls]: length of a stop.", 10.0)
    stops: Annotated[float, Range(least=0, most=1000)] = key(
        "With [calls]: stops a shift at a significant hot spot.", 1.0
    )
    floor_days: Annotated[float, Range(above=0, most=3660)] = key(
        "With [calls]: days between two visits that every inhabited village is owed.", 7.0
    )
    passes_per_week: Annotated[float, Range(least=0, most=1000)] = key(
        "With [calls]: how often a week every road is passed.", 1.0
    )

    def check(self, path: Path) -> None:
        """Raise when a weight or a change by hand cannot be meant, or wishes for today's areas are at odds."""
        if not self.n and self.keep is None:
            raise MissingColumnError(
                f"{path}: [areas] lacks n. Say how many patrol areas (n = 12), or keep those of [current] "
                '(keep = "mostly").'
            )
        changing = [name for name, said in self._of_change().items() if said]
        if self.keep == "exactly" and changing:
            raise DataError(f'{path}: areas.{changing[0]} has no meaning with keep = "exactly"; take keep = "mostly".')
        if self.keep is None and self.fixed:
            raise DataError(f'{path}: areas.fixed needs keep = "mostly": what is fixed stays in its area of today.')
        self._check_choice(path)
        self._check_compact(path)
        self._check_together(path)
        for part in self.workload:
            check_choice(part, WORKLOAD_PARTS, f"{path}: areas.workload part")
        if not sum(self.workload.values()) > 0:
            raise DataError(f"{path}: areas.workload needs at least one weight above 0.")
        most, told = (self.n, f" to {self.n}") if self.n else (sys.maxsize, "")
        for unit, to in self.reassign.items():
            if not isinstance(to, int | str) or isinstance(to, bool) or (isinstance(to, int) and not 1 <= to <= most):
                raise DataError(
                    f"{path}: areas.reassign.{unit} = {to!r} must be the number (from 1{told}), name or radio code of "
                    "an area."
                )

    def _check_choice(self, path: Path) -> None:
        for name in self.choice:
            check_choice(name, CHOICE, f"{path}: areas.choice")
        if not 0 <= self.choice.get("tolerance", 0.0) < 1:
            raise DataError(f"{path}: areas.choice.tolerance = {self.choice['tolerance']:g} must be from 0 to below 1.")
        if self.choice.get("response") and not self.choice.get("within_minutes"):
            raise DataError(f"{path}: areas.choice.response counts what is not reached in time; add within_minutes.")
        if self.keep == "exactly" and (self.choice or self.n_beside or self.shift_change is not None):
            raise DataError(f'{path}: areas.choice, n_beside and shift_change have no meaning with keep = "exactly".')
        if self.keep is not None and self.n_beside:
            raise DataError(f"{path}: areas.n_beside asks for other numbers of areas, which keep does not allow.")
        if self.keep is None and self.max_change is not None:
            raise DataError(f'{path}: areas.max_change needs keep = "mostly": it is a share of what is there today.')

    def _check_compact(self, path: Path) -> None:
        against = {
            "follow_lines = true": self.follow_lines, "goals in choice": self._has_goals, "together": self.together,
            'keep = "exactly"': self.keep == "exactly", "shift_change": self.shift_change is not None,
        }  # fmt: skip
        if self.compact and any(against.values()):
            named = " and ".join(name for name, there in against.items() if there)
            raise DataError(f"{path}: areas.compact = true cannot be kept together with {named} in [areas].")

    def _check_together(self, path: Path) -> None:
        against = {"goals in choice": self._has_goals, 'keep = "exactly"': self.keep == "exactly"}
        for name, there in against.items():
            if self.together and there:
                raise DataError(f"{path}: areas.together = true cannot be kept together with {name} in [areas].")

    @property
    def _has_goals(self) -> bool:
        return any(weight for name, weight in self.choice.items() if name in ("minmax", "response", "equity"))

    def _of_change(self) -> dict[str, bool]:
        return {
            "stay_minutes": self.stay_minutes != 1.0, "fixed": bool(self.fixed), "anchors": self.anchors is not None,
            "tolerance": self.tolerance is not None, "max_change": self.max_change is not None,
        }  # fmt: skip
