"""The county as files, byte for byte the same when written again."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from patrolgeo._typing import Array, Floats
from patrolgeo.files import whole_file, write_json, write_text
from patrolgeo.folders import whole_folder
from patrolgeo.sources.synthetic.county import County

_TABLES = [
    "villages",
    "places",
    "forces",
    "shifts",
    "markets",
    "seasons",
    "checkpoints",
    "gates",
    "incidents",
    "calls",
    "incidents_truth",
    "reporting",
]
_LAYERS = ["area", "river", "townships", "village_areas", "roads", "borders"]
_README = """A SYNTHETIC county. Nothing here is real: every name, number and record is made by a program from a seed.
虚构数据:本目录全部地名、人口与记录均由程序生成,与任何真实地区无关。

Written by `patrolgeo sample DIR`; the same command writes it again, byte for byte. Coordinates are degrees (EPSG:4326),
times are local clock times.

What a police office would hold
  area.geojson           the boundary, one polygon           river.geojson       the river
  townships.geojson      nine townships = jurisdictions of the nine stations (with market pattern)
  village_areas.geojson  97 administrative villages and neighbourhood committees
  villages.csv           settlements: `population` = residents, registered, in_migrants, out_migrants, households
  roads.geojson          road_class, speed_kmh (patrol speed, slope counted in), slope, length_m, bridge, ferry, hours
  borders.geojson        borders with three neighbour counties, and the 16 roads that cross them
  places.csv forces.csv shifts.csv checkpoints.csv
  gates.csv              camera gates on main roads at the border: vehicles a day
  markets.csv            market days: every third lunar day
  seasons.csv            Spring Festival and the harvests
  incidents.csv          recorded incidents, with the dirt of a real records system
  calls.csv              calls for service and their four times
  inbox/                 records of thirteen later weeks, a file a week; some are late, corrected, withdrawn

The truth, no input of any plan
  truth.parquet          cell (H3 resolution 8), week, intensity = expected incidents, recorded = expected records:
                         reported categories that have a place, without fraud and without what officers found;
                         a cell that is not there has none
  incidents_truth.csv    a row for each of incidents.csv, in the same order: true time and place, kinds of dirt
  reporting.csv          share of incidents that become a record, by administrative village
  dirt.json              what was planted, and how often
  quiet_places.csv       records that are lost where ten places fall silent: leave their ids out of incidents.csv
  rises.json             the rises that were planted in inbox/: of a kind, a place, a time of day, around a place

Planted dirt in incidents.csv ({rows} rows; {unreported} of {happened} incidents never became a record)
{dirt}
"""


def write_county(
    county: County,
    folder: str | Path,
    locate: Callable[[Floats, Floats], Array],
    *,
    beside_it: Mapping[str, str | bytes],
) -> Path:
    """Write the county's files into `folder`; the files are all there or none.

    Parameters
    ----------
    locate
        Gives the cell (text) of each longitude and latitude, for `truth.parquet`.
    beside_it
        Further files by name, as text or bytes: the plans that run on the county, its patrols.
    """
    with whole_folder(folder) as beside:
        for name in _TABLES:
            write_text(beside / f"{name}.csv", getattr(county, name).to_csv(index=False, lineterminator="\n"))
        for name in _LAYERS:
            write_text(beside / f"{name}.geojson", _geojson(getattr(county, name)))
        _write_truth(county, beside / "truth.parquet", locate)
        write_json(beside / "dirt.json", county.dirt)
        write_text(beside / "README.txt", _readme(county))
        for name, content in beside_it.items():
            if isinstance(content, bytes):
                (beside / name).write_bytes(content)
            else:
                write_text(beside / name, content)
    return Path(folder)


def _geojson(layer: gpd.GeoDataFrame) -> str:
    """Return a layer as GeoJSON (RFC 7946), one feature a line."""
    columns = layer.drop(columns="geometry")
    shapes = shapely.to_geojson(layer.geometry.to_numpy())
    features = (
        f'{{"type": "Feature", "properties": {json.dumps(row, ensure_ascii=False)}, "geometry": {shape}}}'
        for row, shape in zip(columns.to_dict("records"), shapes, strict=True)
    )
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(features) + "\n]}\n"


def _write_truth(county: County, path: Path, locate: Callable[[Floats, Floats], Array]) -> None:
    cells = locate(county.truth_points["lon"].to_numpy(), county.truth_points["lat"].to_numpy())
    intensity = pd.DataFrame(county.weekly_intensity).groupby(cells).sum()
    recorded = pd.DataFrame(county.weekly_recorded).groupby(cells).sum()
    n_cells, n_weeks = intensity.shape
    table = pa.table(
        {
            "cell": np.repeat(intensity.index.to_numpy(dtype=str), n_weeks),
            "week": pa.array(np.tile(county.weeks.to_numpy().astype("datetime64[D]"), n_cells), pa.date32()),
            "intensity": _three_figures(intensity.to_numpy().ravel()),
            "recorded": _three_figures(recorded.to_numpy().ravel()),
        }
    )
    with whole_file(path) as beside:
        pq.write_table(table, beside, compression="zstd", use_dictionary=["cell", "week"])


def _three_figures(values: Floats) -> Array:
    """Round to three significant figures: enough for an expectation, and a third of the bytes."""
    size = 10.0 ** (np.floor(np.log10(np.maximum(values, 1e-9))) - 2)
    return (np.round(values / size) * size).astype("float32")


def _readme(county: County) -> str:
    lines = (
        f"  {county.dirt['counts'][kind]:>5}  {kind}: {meaning}" for kind, meaning in county.dirt["meaning"].items()
    )
    return _README.format(dirt="\n".join(lines), **{k: county.dirt[k] for k in ("rows", "happened", "unreported")})
