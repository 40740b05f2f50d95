"""What was found: hot spots, and the cells with the highest forecast."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from patrolgeo.pages.blocks import Block, Part, Text, printed_table
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.plan_page.layers import withheld_cells
from patrolgeo.pages.report.scores import Words, known
from patrolgeo.words.messages import say

SHOWN = ("risk", "incidents", "hotspot")
RISKIEST = 10


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return how many cells are significant, and the table of the riskiest."""
    numbers = known(found.summary, "hotspots", "significant_cells") | known(found.summary, "grid", "patrollable")
    made: list[Block] = []
    if len(numbers) == 2:
        n = numbers["significant_cells"]
        made.append(
            Text(say(words, "hot_text", n=n, patrollable=numbers["patrollable"]) if n else words["no_hot_text"])
        )
    table = riskiest(found.cells) if found.top_cells is None else found.top_cells
    if table is not None and len(table):
        made.append(Part(words["top_cells"], [printed_table(table, words)]))
    return made


def riskiest(cells: gpd.GeoDataFrame | None) -> pd.DataFrame | None:
    """Return the cells with the highest forecast that may be shown by themselves."""
    if cells is None or "risk" not in cells:
        return None
    shown = pd.DataFrame(cells[~withheld_cells(cells)])
    return shown.sort_values("risk", ascending=False, kind="stable")[[c for c in SHOWN if c in shown]].head(RISKIEST)
