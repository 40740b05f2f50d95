"""What the cells show: values as a few colours with a legend."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._typing import Array, Bools
from patrolgeo.errors import DataError
from patrolgeo.maps.colours import RAMPS, TINTS
from patrolgeo.pages.plan_page.classes import class_texts, round_edges
from patrolgeo.pages.plan_page.encode import pack_kinds, pack_numbers
from patrolgeo.pages.plan_page.specs import FLAGS, GRADED, LAYERS, TOLD, TRAVEL, LayerSpec
from patrolgeo.words.messages import say

MINUTES = (5, 10, 15, 30)  # planning values of response, not a standard
NEAR_TO_FAR = ("#eef6f1", "#c4dccb", "#d9b978", "#bf8440", "#8f5420", "#4f2a0e")
RESPONSE = "response_"  # what columns of expected minutes begin with, one a shift
MANY = 30  # incidents that are not those of a few residents
HOT = ("#f1ede3", "#b3122f")
SHOWN, UNSCORED, WITHHELD = 0, 254, 255
PLAIN = {UNSCORED: "#eceff1", WITHHELD: "#d8d3e3"}
HATCHED = {UNSCORED: "#c6cdd2", WITHHELD: "#8478a6"}  # lines on them: they are told from the classes on a grey print
FALLING = {UNSCORED: "45deg", WITHHELD: "135deg"}


@dataclass(frozen=True)
class CellLayer:
    """One way to colour the cells: class and value of every cell, colour and words of every class."""

    key: str
    title: str
    unit: str
    colours: tuple[str, ...]
    labels: tuple[str, ...]
    classes: Array
    values: Array
    interval: tuple[Array, ...] = ()
    said: Mapping[str, str] = field(default_factory=dict)  # words that stand for a value on the card
    rate: float = 0.0  # days of its period, of a layer that counts a period
    drawn: bool = True  # whether cells are coloured by it, or it is told on the card alone
    remarks: tuple[str, ...] = ()  # what stands below its legend

    def to_dict(self) -> dict[str, Any]:
        """Return what the page's script needs; withheld cells leave no value."""
        withheld = self.classes == WITHHELD
        shown = [pack_numbers(np.where(withheld, 0, np.nan_to_num(v))) for v in (self.values, *self.interval)]
        return {
            "key": self.key,
            "title": self.title,
            "colours": self.colours,
            "classes": pack_kinds(self.classes),
            "values": shown[0],
            "interval": shown[1:],
            "unit": self.unit,
            "rate": self.rate,
            "said": dict(self.said),
        }

    def legend(self, words: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return colour and words of every class that occurs."""
        plain = ((UNSCORED, words["unscored"]), (WITHHELD, words["withheld"])) if self.labels else ()
        keys = [*zip(range(len(self.labels)), self.colours, self.labels, strict=False)]
        keys += [(kind, _hatched(kind), text) for kind, text in plain]
        return [(colour, text) for kind, colour, text in keys if (self.classes == kind).any()]


def _hatched(kind: int) -> str:
    """Return the style of a hatched swatch."""
    return f"repeating-linear-gradient({FALLING[kind]},{PLAIN[kind]} 0 3px,{HATCHED[kind]} 3px 4px)"


def cell_layers(
    cells: gpd.GeoDataFrame, areas: Mapping[str, Any] | None, units: Mapping[str, str], zero: str,
    words: Mapping[str, str], *, released: bool = False, days: float = 0.0,
) -> list[CellLayer]:  # fmt: skip
    """Return a layer for each known column of `cells`, and one for the areas.

    `zero` says what a count of 0 means, `days` how long a period is; what is `released` withholds more.
    """
    withheld = withheld_cells(cells, released=released)
    unscored = ~_flags(cells, "patrollable", missing=True)
    made = []
    by_shift = {c: say(words, "response_in_shift", shift=c.removeprefix(RESPONSE)) for c in cells if _is_response(c)}
    words, units = {**words, **by_shift}, {**units, **dict.fromkeys(by_shift, words["response_unit"])}
    for spec in (*LAYERS, *(LayerSpec(column, TRAVEL, scored=True, open=True) for column in by_shift)):
        if spec.key in cells:
            hidden = np.where(unscored & spec.scored, UNSCORED, SHOWN)
            hidden = np.where(withheld & (not spec.open), WITHHELD, hidden).astype(np.uint8)
            rate = {"days": days} if spec.rate and days else {}
            layer = _MAKE[spec.make](spec, cells[spec.key], hidden, units.get(spec.key, ""), words, **rate)
            known = spec.interval and set(spec.interval) <= set(cells)
            ends = tuple(cells[c].to_numpy("f4") for c in (*spec.interval, spec.beside) if c in cells) if known else ()
            said = {"0": zero} if spec.counts else layer.said
            made.append(replace(layer, interval=ends, said=said))
    if areas is not None and "area" in cells:
        made.insert(1 if made and made[0].drawn else 0, _area_layer(cells["area"], areas, words))
    if not any(layer.drawn for layer in made):
        raise DataError(f"cells has none of the columns {', '.join(s.key for s in LAYERS if s.make != TOLD)}, area.")
    return made


def _is_response(column: object) -> bool:
    return isinstance(column, str) and column.startswith(RESPONSE)


def withheld_cells(cells: pd.DataFrame, *, released: bool = False) -> Bools:
    """Return the cells that must not be shown as hot by themselves: 1 to 9 households, or 1 to 29 residents.

    A column `withheld` decides when it is there. Where 30 incidents and more than three a resident are recorded, the
    records are those of a place, not of the few who live there: only what is `released` withholds such a cell.
    """
    if "withheld" in cells:
        return _flags(cells, "withheld", missing=False)
    for column, enough in (("households", 10), ("population", 30)):
        if column in cells:
            people = cells[column].astype(float).round()
            few = (people > 0) & (people < enough)
            return (few & (released | ~_of_a_place(cells))).to_numpy(bool)
    return np.zeros(len(cells), bool)


def _of_a_place(cells: pd.DataFrame) -> pd.Series:
    if not {"incidents", "population"} <= set(cells):
        return pd.Series(False, index=cells.index)
    return (cells["incidents"] >= MANY) & (cells["incidents"] > 3 * cells["population"])


def _flags(cells: pd.DataFrame, column: str, *, missing: bool) -> Bools:
    return cells[column].to_numpy(bool) if column in cells else np.full(len(cells), missing)


def _area_layer(labels: pd.Series, areas: Mapping[str, Any], words: Mapping[str, str]) -> CellLayer:
    at = pd.Index(areas["labels"]).get_indexer(labels.astype(str))
    tint = np.array([*(TINTS.index(t) for t in areas["tints"]), UNSCORED])
    pale = tuple(_mix(t, 0.45) for t in TINTS)
    return CellLayer("areas", words["areas"], "", pale, (), tint[at].astype(np.uint8), np.zeros(len(labels), "f4"))


def _mix(colour: str, white: float) -> str:
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(p + (255 - p) * white):02x}" for p in parts)


def graded_layer(
    spec: LayerSpec, values: pd.Series, hidden: Array, unit: str, words: Mapping[str, str], *, days: float = 0.0
) -> CellLayer:
    """Grade non-negative numbers: none, then five classes of the cells above zero, finer towards the top.

    `hidden` is SHOWN, UNSCORED or WITHHELD by cell; only shown cells count. A missing value was withheld. With `days`
    the numbers are rates of so many days.
    """
    ramp = RAMPS[spec.ramp]
    numbers = values.to_numpy(np.float32, na_value=np.nan)
    hidden = np.where((hidden == SHOWN) & np.isnan(numbers), WITHHELD, hidden)
    edges = round_edges(numbers[hidden == SHOWN], days=days, whole=spec.whole)
    grades = np.where(numbers > 0, 1 + np.searchsorted(edges, numbers, side="right"), 0)
    classes = np.where(hidden == SHOWN, grades, hidden).astype(np.uint8)
    colours = (ramp[0], *ramp[len(ramp) - 1 - len(edges) :])
    labels = _with_shares(class_texts(edges, words, days=days, whole=spec.whole), classes)
    return CellLayer(spec.key, words[spec.key], unit, colours, labels, classes, numbers, rate=days)


def _with_shares(texts: list[str], classes: Array) -> tuple[str, ...]:
    """Return the words of each class with its share of the cells shown."""
    counts = np.bincount(classes[classes < UNSCORED], minlength=len(texts))
    total = max(int(counts.sum()), 1)
    return tuple(f"{text}  ·  {count / total:.1%}" for text, count in zip(texts, counts, strict=True))


def told_layer(spec: LayerSpec, values: pd.Series, hidden: Array, unit: str, words: Mapping[str, str]) -> CellLayer:
    """Return numbers that stand on the card of a cell alone."""
    numbers = values.to_numpy(np.float32, na_value=np.nan)
    hidden = np.where((hidden == SHOWN) & np.isnan(numbers), WITHHELD, hidden).astype(np.uint8)
    return CellLayer(spec.key, words[f"cell_{spec.key}"], unit, (), (), hidden, numbers, drawn=False)


def hotspot_layer(
    spec: LayerSpec, significant: pd.Series, hidden: Array, unit: str, words: Mapping[str, str]
) -> CellLayer:
    """Colour the cells that stay significant after correction."""
    flags = significant.fillna(value=False).to_numpy(bool)
    classes = np.where(hidden == SHOWN, flags, hidden).astype(np.uint8)
    labels = tuple(f"{words[word]}  ·  {(classes == i).sum():,}" for i, word in enumerate(("not_hot", "hot")))
    said = {"0": words["not_hot"], "1": words["hot"]}
    return CellLayer(spec.key, words[spec.key], unit, HOT, labels, classes, flags.astype(np.float32), said=said)


def minutes_layer(spec: LayerSpec, minutes: pd.Series, hidden: Array, unit: str, words: Mapping[str, str]) -> CellLayer:
    """Grade minutes from near to far; where nothing is known no site is near enough: a blind spot."""
    numbers = minutes.to_numpy(np.float32, na_value=np.nan)
    grades = np.where(np.isnan(numbers), len(MINUTES) + 1, np.searchsorted(MINUTES, numbers))
    classes = np.where(hidden == SHOWN, grades, hidden).astype(np.uint8)
    ends = [say(words, "minutes", value=end) for end in MINUTES]
    labels = (*(f"≤ {end}" for end in ends), f"> {ends[-1]}", words["beyond_reach"])
    known = np.where(np.isnan(numbers), -1, numbers)
    said = {"-1": words["beyond_reach"]}
    return CellLayer(spec.key, words[spec.key], unit, NEAR_TO_FAR, labels, classes, known, said=said)


_MAKE: dict[str, Callable[..., CellLayer]] = {
    GRADED: graded_layer, FLAGS: hotspot_layer, TRAVEL: minutes_layer, TOLD: told_layer,
}  # fmt: skip
