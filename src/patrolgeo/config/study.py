"""A study file as a whole: data, models, how they are tested, and further tables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from itertools import product
from pathlib import Path
from typing import Annotated, Any

from patrolgeo.config.analysis import FREQS
from patrolgeo.config.numbers import Share
from patrolgeo.config.source import Incidents
from patrolgeo.toml_tables import Range, key
from patrolgeo.words.messages import LANGUAGES

BY_SHARE = ("hit_rate", "pai", "pei", "pei_any_area", "pei_equal_cells", "penalised_pai", "ser", "rri", "pei_ceiling")
WHOLE = ("log_score_spatial", "log_score_level", "log_score", "area_under_curve", "events")
UNITS = re.compile(r"h3:(?P<resolution>\d|1[0-5])|square:(?P<side>\d+(\.\d+)?)(?P<unit>m|km|ft|us-ft|mi)")

Few = Annotated[int, Range(least=1, most=1000)]


@dataclass(frozen=True)
class DataTable(Incidents):
    """One source of a study: where its rows are, how to read them, and on what they are counted.

    `category`, `units`, `freq` and `window` may each hold several: every combination is a set of its own.
    """

    area: Path | None = key("The study area: polygons with a coordinate reference system.", None)
    category: list[str] | None = key(
        "The category to forecast; of several each makes a set. Without it all count together.", None,
        example='["theft", "burglary"]',
    )  # fmt: skip
    units: list[str] = key(
        "What is counted on: hexagons by H3 resolution, or squares by their side.",
        ["h3:9"],
        example='["h3:9", "square:150m", "square:600ft"]',
    )
    freq: list[str] = key("Length of a period: day, week, 28 or 91 days, month, year.", ["W"], choices=FREQS)
    window: list[Few] | None = key("Periods that a forecast sums, where they are not those of [test].", None)
    population: Path | None = key("Residents: polygons, points or H3 cells; the exposure of the models.", None)

    @property
    def reading(self) -> Incidents:
        """What of it says how to read the incidents."""
        return Incidents(**{f.name: getattr(self, f.name) for f in fields(Incidents)})


@dataclass(frozen=True, kw_only=True)
class StudyTest:
    """How forecasts are tested: how many origins, how far ahead, how many periods a forecast sums, which budgets."""

    origins: Few = key("How many origins of every set count: its last ones.", 8)
    horizon: list[Few] = key("Periods from the origin to the forecast.", [1])
    window: list[Few] = key("Periods that a forecast sums.", [1])
    step: Few = key("Periods between origins.", 1)
    min_train: Annotated[int, Range(least=1, most=100_000)] = key("Periods that the first origin must know.", 2)
    area_shares: list[Share] = key("Budgets: shares of the area that are marked.", [0.01, 0.05])
    metrics: list[str] = key(
        "What is scored.", ["hit_rate", "pai", "pei", "log_score_spatial"], choices=(*BY_SHARE, *WHOLE)
    )


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How the models are compared, in the same periods."""

    reference: str | None = key("The model that the others are compared with; by default the first.", None)
    how: str = key("As a difference of means or as their ratio.", "difference", choices=("difference", "ratio"))


@dataclass(frozen=True)
class StudySet:
    """One category of one source on one kind of unit, forecast over one window at one horizon."""

    name: str
    data: str
    category: str | None
    units: str
    freq: str
    window: int
    horizon: int


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study file: the data, the models and their settings, how they are tested, and further tables.

    `read_study` makes it from TOML. Models and tables say what they `use`: a public name, or the import path of one's
    own, which runs; their further keys are settings.
    """

    title: str = key("What the study is called.", example='"Burglary in three cities"')
    language: str = key("Language of the report.", "en", choices=tuple(LANGUAGES))
    seed: Annotated[int, Range(least=0, most=2**32 - 1)] = key("Seed of the intervals.", 1)
    synthetic: bool = key("Whether the data are invented; printed on the report.", False)
    forecasts: bool = key("Whether the forecasts are written too.", False)
    data: dict[str, DataTable] = key("The sources, each with its name.", {})
    models: dict[str, dict[str, Any]] = key("The models, each with its name.", {})
    test: StudyTest = key("How the forecasts are tested.", StudyTest())
    compare: Comparison = key("With which model the others are compared.", Comparison())
    tables: dict[str, dict[str, Any]] = key("Further tables, each with its name.", {})
    files: dict[str, Path] = key("Further files, which own tables read.", {})
    path: Path = field(default=Path(), metadata={"key": ""})

    @property
    def sets(self) -> list[StudySet]:
        """Every combination of what the sources and the test plan name, in the order of the file."""
        return [one for name, table in self.data.items() for one in _sets(name, table, self.test)]

    @property
    def named(self) -> list[str]:
        """What the models and tables use, as the file writes it."""
        return [entry["use"] for entry in (*self.models.values(), *self.tables.values())]


def _sets(name: str, table: DataTable, test: StudyTest) -> list[StudySet]:
    many: dict[str, list[Any]] = {
        "category": [None] if table.category is None else table.category, "units": table.units, "freq": table.freq,
        "window": test.window if table.window is None else table.window, "horizon": test.horizon,
    }  # fmt: skip
    words = {"category": "{}", "units": "{}", "freq": "{}", "window": "window {}", "horizon": "horizon {}"}
    told = [key for key, values in many.items() if len(values) > 1]
    found = []
    for values in product(*many.values()):
        one = dict(zip(many, values, strict=True))
        label = ", ".join(words[key].format(one[key]) for key in told)
        found.append(StudySet(name=f"{name}: {label}" if label else name, data=name, **one))
    return found
