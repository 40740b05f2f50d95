"""The files of the office, read back as programs of others read them."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from python_calamine import CalamineWorkbook

from patrolgeo.pages.office.tables import TABLES
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


def single_files(out):
    """The layers that a run writes alone, by the key that they have in the files of the office."""
    drawn = [spec for spec in TABLES if spec.style.draws]
    layers = {spec.key: out / name for spec in drawn for name in spec.files if (out / name).exists()}
    return {k: gpd.read_parquet(p) if p.suffix == ".parquet" else gpd.read_file(p) for k, p in layers.items()}


def check_office(out):
    """Every file of the office is opened again and holds what the other files tell."""
    layers, sheets, single = office_layers(out), office_sheets(out), single_files(out)
    assert set(single) == set(layers) - {"roads", "villages", "barriers", "traffic", "excluded"}
    assert {load_words("en")[f"table_{spec.key}"] for spec in TABLES if spec.sheet and spec.key in single} <= set(
        sheets
    )
    for name, table in single.items():
        at, back_at = (layer.get_coordinates(ignore_index=False) for layer in (table, layers[name]))
        np.testing.assert_array_equal(at.index, back_at.index, name)
        np.testing.assert_allclose(at, back_at, atol=1e-9)  # one layer may say of a polygon that it is a group of one
        sheet = sheets.get(load_words("en")[f"table_{name}"])  # some layers have no sheet of their own
        for back in (layers[name], *([] if sheet is None else [sheet])):
            assert set(table.columns) - {"geometry", "id"} <= set(back), name
            for column in table.columns.drop(["geometry", "id"], errors="ignore"):
                if pd.api.types.is_numeric_dtype(table[column]):
                    np.testing.assert_allclose(back[column].astype(float), table[column].astype(float), 1e-9, 1e-12)
    told = gpd.read_file(out / "plan.gpx", layer="tracks")
    assert len(told) == len(single["areas"])
    return layers, sheets
