"""What planners ask of the files that a run leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pyproj import CRS
from pyproj.exceptions import CRSError as UnknownCRS

from patrolgeo.errors import DataError
from patrolgeo.toml_tables import key
from patrolgeo.words.messages import LANGUAGES


@dataclass(frozen=True, kw_only=True)
class OutputWish:
    """How files are written."""

    crs: str = key(
        "Coordinate reference system of the GeoPackage and Parquet files; EPSG:4490 is CGCS2000. GeoJSON and maps stay "
        "in longitude and latitude, as they must.",
        "EPSG:4326", example='"EPSG:4490"',
    )  # fmt: skip
    names: list[str] | None = key(
        "Languages in which plan.xlsx and plan.gpkg name columns, one after the other; sheets and codes are in the "
        "first. By default the language of the plan.",
        None, choices=tuple(LANGUAGES), example='["zh", "en"]',
    )  # fmt: skip

    def check(self, path: Path) -> None:
        """Raise when there is no such coordinate reference system."""
        try:
            CRS.from_user_input(self.crs)
        except UnknownCRS:
            raise DataError(
                f'{path}: output.crs = {self.crs!r} is no coordinate reference system, such as "EPSG:4490".'
            ) from None
