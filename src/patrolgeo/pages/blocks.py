"""What a section of a page is made of; ``templates/blocks.html`` says how each is shown."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
from markupsafe import Markup

from patrolgeo.errors import DataError
from patrolgeo.escape import printable
from patrolgeo.words.messages import number

ROWS = 30  # of a table that is printed


@dataclass(frozen=True)
class Text:
    """A paragraph; the style "note" is small."""

    text: str
    style: str = ""
    kind = "text"


@dataclass(frozen=True)
class Lines:
    """A list, one line a point."""

    lines: tuple[str, ...]
    style: str = ""
    kind = "lines"


@dataclass(frozen=True)
class Table:
    """A table of texts; columns of words stand to the left, numbers to the right."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    kind = "table"

    @property
    def style(self) -> str:
        """The classes of the columns that stand to the left, the first of which always does."""
        wordy = [i for i in range(1, len(self.heads)) if any(row[i][:1].isalpha() for row in self.rows)]
        return " ".join(f"left{i + 1}" for i in wordy)


@dataclass(frozen=True)
class Tiles:
    """Facts side by side: name and value, those without a value left out."""

    facts: Mapping[str, str]
    kind = "tiles"


@dataclass(frozen=True)
class Figure:
    """A picture: SVG that we drew, or the data URL of an image."""

    picture: Markup | str
    kind = "figure"


@dataclass(frozen=True)
class Part:
    """A smaller heading over blocks; nothing when there are none."""

    heading: str
    blocks: Sequence[Block]
    kind = "part"


Block = Text | Lines | Table | Tiles | Figure | Part


@dataclass(frozen=True)
class Section:
    """A heading over blocks; nothing when there are none."""

    heading: str
    blocks: Sequence[Block]


def as_image(figure: str) -> Figure:
    """Return a user's figure as an image: what an image holds runs no script and asks for nothing."""
    if figure.lstrip().startswith("<svg"):
        figure = "data:image/svg+xml;base64," + b64encode(printable(figure).encode()).decode("ascii")
    if not figure.startswith("data:image/"):
        raise DataError(f"a figure must be SVG text or a data URL of an image, got {figure[:40]!r}.")
    return Figure(figure)


def texts(lines: Iterable[str], style: str = "") -> list[Block]:
    """Return one paragraph a line."""
    return [Text(line, style) for line in lines]


def printed_columns(layer: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return the named columns of a layer, those that are there; a table without geometry is printed as it is."""
    if not isinstance(layer, gpd.GeoDataFrame):
        return layer
    return pd.DataFrame(layer[[column for column in columns if column in layer]])


def printed_table(table: pd.DataFrame, words: Mapping[str, str]) -> Table:
    """Return the first rows of a table under the words of its columns; an index that only counts is left out."""
    columns = [(str(name), values) for name, values in table.head(ROWS).items()]
    if not isinstance(table.index, pd.RangeIndex):
        label = "cell_id" if table.index.name == "cell" else str(table.index.name or "name")
        columns.insert(0, (label, table.index[:ROWS]))
    shown = [[_shown(value, name, words) for value in values] for name, values in columns]
    return Table([words.get(name, name) for name, _ in columns], list(zip(*shown, strict=True)))


def _shown(value: Any, column: str, words: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return words["yes" if value else "no"]
    if isinstance(value, str):
        return words.get(value, value) if column == "kind" else value
    if pd.isna(value):
        return ""
    return f"{value:.1%}" if column.endswith("_share") else number(float(value))
