"""A sheet for each camera, for the people who live there to read and to object to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo.files import write_text
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.report.scores import Words
from patrolgeo.pages.templating import render, source
from patrolgeo.words.messages import say


def write_camera_sheets(path: Path, cameras: gpd.GeoDataFrame, told: Mapping[str, Any], edition: Edition) -> Path:
    """Write one printed page a camera: purpose, operator, place, what it sees, why there, sign, consultation.

    Parameters
    ----------
    path
        The file to write.
    cameras
        A row a camera: `camera` (id), `name` (what is near), `roads`, `sees_m`, `adds_share`, `consulted`.
    told
        The section "cameras" of ``summary.json``: `purpose`, `operator`, `keep_days`.
    edition
        Title, language, marks.
    """
    words = edition.table
    rows = zip(cameras.index, cameras.to_dict("records"), cameras.geometry, strict=True)
    sheets = [_sheet(rank, row, point, told, words) for rank, row, point in rows]
    page = render("camera_sheets.html", edition=edition, words=words, sheets=sheets, style=source("report.css"))
    return write_text(path, page)


def _sheet(rank: Any, row: Mapping[str, Any], point: Any, told: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """Return title and lines (heading, text) of one sheet."""
    roads = say(words, "camera_sheet_sees_roads", roads=row["roads"]) if row["roads"] else ""
    open_still = pd.isna(row["consulted"])
    held = (
        words["camera_sheet_open_text"] if open_still else say(words, "camera_sheet_held_text", date=row["consulted"])
    )
    lines = {
        "camera_sheet_purpose": told["purpose"],
        "camera_sheet_operator": told["operator"],
        "camera_sheet_place": f"{row['name']} · {point.y:.5f}, {point.x:.5f} · {row['camera']}",
        "camera_sheet_sees": say(words, "camera_sheet_sees_text", metres=row["sees_m"], roads=roads),
        "camera_sheet_why": say(words, "camera_sheet_why_text", share=row["adds_share"]),
        "camera_sheet_keep": say(words, "camera_sheet_keep_text", days=told["keep_days"]),
        "camera_sheet_sign": words["camera_sheet_sign_text"],
        "camera_sheet_held": held,
    }
    if told.get("country") == "CN":
        lines["camera_sheet_law"] = words["camera_sheet_law_text"]
    title = say(words, "camera_sheet_title", rank=rank, near=row["name"] or row["camera"])
    return {"title": title, "lines": [(words[key], text) for key, text in lines.items()]}
