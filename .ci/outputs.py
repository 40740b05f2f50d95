"""Write `docs/outputs.md`: every column of every file of a run, with unit and meaning, in all languages.

The tables are those of `patrolgeo.pages.office.tables`, the words those of ``words/*/tables.toml``. Run
`python .ci/outputs.py` after a table, column or word has changed; a test says when.
"""

from pathlib import Path

from patrolgeo.pages import release
from patrolgeo.pages.office.fields import PLACE, Reader
from patrolgeo.pages.office.tables import TABLES, OfficeTable
from patrolgeo.words.messages import load_words

PAGE = Path(__file__).parents[1] / "docs" / "outputs.md"
ENGLISH, CHINESE = (Reader([load_words(language)]) for language in ("en", "zh"))
# columns that a public version keeps, by table; of the others it keeps all or nothing
PUBLIC = {
    "cells": {*release.OPEN, *release.RELEASED, "cell"},
    "areas": {*release.OPEN_AREAS, "area"},
    "roads": None, "villages": {"name"}, "barriers": None, "scores": None, "files": None,
}  # fmt: skip
HEAD = """# What every column means 各列的含义

Written by `.ci/outputs.py` from the code and its words; do not edit it by hand.

A run leaves tables in several formats that hold the same numbers. What a heading of the workbook is called elsewhere
stands on its last sheet, and in the table `columns` of the GeoPackage.

| file | what it is for |
| --- | --- |
| `plan.xlsx` | the tables as sheets: numbers as numbers, filters, fixed head, no formulas, in the plan's language |
| `plan.gpkg` | all layers in one GeoPackage (version 1.2), with styles and names of columns for QGIS |
| `plan.gpx`, `plan.kml` | posts as points, borders of areas as lines, for devices, phones and globes; WGS84 always |
| `areas.gpkg`, `cells.parquet`, `*.geojson`, `scores.csv` | one table each, for programs: names and columns stay |

**`cells.parquet` and ogrinfo.** The file is whole: GeoParquet, which geopandas, DuckDB and every GDAL with the driver
"Parquet" read. GDAL has that driver only where it was built with Apache Arrow. Debian's package and the wheels of
pyogrio are built without, and can only say that they recognise no format. For them the same cells are the layer
`cells` of `plan.gpkg`.

A column that ends in `…` stands for several: `work_calls`, `work_visits`. "public" marks what a public version keeps;
a table without any mark is internal. Columns without data are left out, and tables without rows. Shapes are polygons,
lines or points; on sheets the latitude and longitude of a place within them stand instead.

`summary.json` is explained in [plan-run.md](plan-run.md), section by section.
"""


def page() -> str:
    """Return the text of the page."""
    return "\n".join([HEAD, *(text for spec in TABLES for text in section(spec))])


def section(spec: OfficeTable) -> list[str]:
    """Return the heading of a table, where it is, and a row a column."""
    title = f"## {ENGLISH.say(f'table_{spec.key}')} {CHINESE.say(f'table_{spec.key}')}"
    layer = [f"layer `{spec.key}` of `plan.gpkg`"] if spec.style.draws else []
    sheet = [f"sheet “{ENGLISH.say(f'table_{spec.key}')}” of `plan.xlsx`"] if spec.sheet else []
    device = ["`plan.gpx`, `plan.kml`"] if spec.sign else []
    where = "; ".join([*(f"`{name}`" for name in spec.files), *layer, *sheet, *device])
    head = "| column | unit | meaning | 列名 | 单位 | 含义 | public |\n| --- | --- | --- | --- | --- | --- | --- |"
    columns = [*spec.columns, *(PLACE if spec.style.draws and spec.sheet else [])]
    return [title, "", f"In {where}.", "", head, *(row(spec, column) for column in columns), ""]


def row(spec: OfficeTable, column: str) -> str:
    """Return one row of the page."""
    told = [reader.field(spec, f"{column}…" if column.endswith("_") else column) for reader in (ENGLISH, CHINESE)]
    name = f"`{column}…`" if column.endswith("_") else f"`{column}`"
    kept = spec.key in PUBLIC and (PUBLIC[spec.key] is None or column in {*PUBLIC[spec.key], *PLACE})
    words = [told[0].unit, told[0].meaning, told[1].heading, told[1].unit, told[1].meaning, "✓" if kept else ""]
    return " | ".join([f"| {name}", *words]) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
