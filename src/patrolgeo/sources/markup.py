"""Tables inside HTML and JSON: what portals send under the ending of a workbook, and records as objects."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pandas as pd

from patrolgeo.errors import DataError
from patrolgeo.sources.esri import is_feature_set, table_of_features


class _Tables(HTMLParser):
    """Collects the rows of every table of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: Any) -> None:  # noqa: ARG002
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            self.cell = []

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self.cell is not None:
            self.tables[-1][-1].append(" ".join("".join(self.cell).split()))
            self.cell = None


def rows_of_html(text: str, name: str) -> list[list[str]]:
    """Return the rows of the longest table of a page."""
    parser = _Tables()
    parser.feed(text)
    if not any(parser.tables):
        raise DataError(f"{name} is a web page without a table; export the data themselves, for example as CSV.")
    return max(parser.tables, key=len)


def records_of_json(text: str, name: str) -> pd.DataFrame | None:
    """Return the records of a JSON text; None for GeoJSON.

    They are a list, lines of objects, a list inside an object, or the features of a server of Esri.

    Examples
    --------
    >>> from patrolgeo.sources.markup import records_of_json
    >>> records_of_json('{"data": [{"id": "0460", "at": {"lon": 1}}]}', "x.json").to_dict("records")
    [{'id': '0460', 'at.lon': 1}]
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        try:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError:
            raise DataError(f"{name} cannot be read as JSON: {error}.") from error
    if (
        isinstance(found, dict)
        and "type" in found
        and ("features" in found or "coordinates" in found or "geometry" in found)
    ):
        return None
    if is_feature_set(found):
        return table_of_features(found, name)
    lists = [found] if isinstance(found, list) else [v for v in found.values() if isinstance(v, list)]
    records = next((v for v in lists if v and all(isinstance(r, dict) for r in v)), None)
    if records is None:
        raise DataError(f'{name} holds no list of records; write [{{"id": ..., "time": ...}}, ...].')
    return pd.json_normalize(records)
