"""All files of the office at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from patrolgeo.pages.edition import Edition
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.office.book import write_book
from patrolgeo.pages.office.devices import write_gpx, write_kml
from patrolgeo.pages.office.fields import Reader
from patrolgeo.pages.office.geopackage import write_geopackage
from patrolgeo.words.messages import load_words

OFFICE = ("plan.gpkg", "plan.xlsx", "plan.gpx", "plan.kml")


def write_office(
    folder: Path, found: Findings, edition: Edition, crs: str | None = None, names: Sequence[str] | None = None
) -> list[Path]:
    """Write the GeoPackage, the workbook, and the posts and borders of a run into `folder`.

    Parameters
    ----------
    folder
        Where to write.
    found
        What may be shown to the audience (`patrolgeo.pages.release.public`).
    edition
        Title, marks and language.
    crs
        Coordinate reference system of the GeoPackage; devices take degrees only.
    names
        Languages in which columns are named; by default that of the edition.

    Returns
    -------
    The files.
    """
    words = [load_words(language) for language in names] if names else [edition.table]
    reader = Reader(words, found.period, f"work_{found.workload_unit}")
    gpkg, book, gpx, kml = (folder / name for name in OFFICE)
    return [
        write_geopackage(gpkg, found, edition, reader, crs), write_book(book, found, edition, reader),
        write_gpx(gpx, found, edition, reader), write_kml(kml, found, edition, reader),
    ]  # fmt: skip
