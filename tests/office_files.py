"""The files of the office, read back as programs of others read them."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from python_calamine import CalamineWorkbook

from patrolgeo.words.messages import load_words


def office_layers(out):
    """The layers of the GeoPackage of the office by name, but what is about the others."""
    names = [name for name, _ in pyogrio.list_layers(out / "plan.gpkg") if name not in ("columns", "layer_styles")]
    return {name: gpd.read_file(out / "plan.gpkg", layer=name) for name in names}


def office_sheets(out):
    """The sheets of the workbook between the first and the last, under the names that the files have."""
    book = CalamineWorkbook.from_path(out / "plan.xlsx")
    rows = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    head, *told = list(rows.values())[-1]
    told = pd.DataFrame(told, columns=head)
    sheets = {}
    for name in book.sheet_names[1:-1]:
        columns = told.loc[told.iloc[:, 0] == name]
        assert columns.iloc[:, 1].tolist() == rows[name][0]
        assert (columns.iloc[:, 4] != "").all(), f"a column of {name} without a meaning"
        table = pd.DataFrame(rows[name][1:], columns=columns.iloc[:, 2].tolist())
        sheets[name] = table.mask(table.eq("")).infer_objects()
    return sheets


def check_office(out):
    """Every file of the office is opened again and holds what the other files tell."""
    layers, sheets = office_layers(out), office_sheets(out)
    single = {"cells": gpd.read_parquet(out / "cells.parquet"), "areas": gpd.read_file(out / "areas.gpkg")}
    single |= {path.stem: gpd.read_file(path) for path in sorted(out.glob("*.geojson"))}
    titles = {name: load_words("en")[f"table_{name}"] for name in single}
    assert set(single) == set(layers) - {"roads", "traffic"}
    for name, table in single.items():
        assert layers[name].geometry.geom_equals_exact(table.geometry, 1e-9).all(), name
        for back in (layers[name], sheets[titles[name]]):
            assert set(table.columns) - {"geometry"} <= set(back), name
            for column in table.columns.drop("geometry"):
                if pd.api.types.is_numeric_dtype(table[column]):
                    np.testing.assert_allclose(back[column].astype(float), table[column].astype(float), 1e-9, 1e-12)
    assert len(layers["cells"]) == json.loads((out / "summary.json").read_text(encoding="utf-8"))["grid"]["cells"]
    told = gpd.read_file(out / "plan.gpx", layer="tracks")
    assert len(told) == len(single["areas"])
    return layers, sheets
