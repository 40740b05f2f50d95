"""Which packages patrolgeo stands on are here, and which extras."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from patrolgeo.doctor.finding import Finding

EXTRAS = ("notebooks", "app", "db", "dask", "docs")
_NEED = re.compile(r"(?P<name>[\w.-]+)(?:\[[\w,.-]+\])?>=(?P<least>[\d.]+)(?:; extra == '(?P<extra>\w+)')?$")
_DRIVERS = ("GPKG", "GeoJSON", "ESRI Shapefile", "LIBKML", "GPX")


def look_at_packages() -> Iterator[Finding]:
    """Yield what is found: what is needed by its lowest version, libraries inside wheels, then each extra."""
    needs = _needs()
    if not needs:  # the source is on the path, nothing was installed
        yield Finding("not_installed", "note")
    core = needs.get("", {})
    lacking = _lacking(core)
    for name, least in lacking.items():
        yield Finding("package", "fault", {"name": name, "least": least, "here": _here(name) or "-"})
    yield Finding("packages", values={"n": len(core) - len(lacking)})
    if "pyogrio" not in lacking and "pyproj" not in lacking:
        yield from _libraries()
    for extra in EXTRAS:
        missing = ", ".join(_lacking(needs.get(extra, {})))
        yield Finding("extra_lacks" if missing else "extra", "note" if missing else "good",
                      {"extra": extra, "missing": missing})  # fmt: skip


def _needs() -> dict[str, dict[str, str]]:
    """Return the lowest version by package and extra ("" is the core), as the installed package declares them."""
    try:
        lines = requires("patrolgeo") or []
    except PackageNotFoundError:
        return {}
    table: dict[str, dict[str, str]] = {}
    for found in filter(None, map(_NEED.match, lines)):
        table.setdefault(found["extra"] or "", {})[found["name"]] = found["least"]
    return table


def _here(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _lacking(needs: dict[str, str]) -> dict[str, str]:
    """Return those of `needs` that are absent or too old."""
    return {name: least for name, least in needs.items() if _number(_here(name) or "0") < _number(least)}


def _number(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.match(r"[\d.]*\d", text)[0].split("."))  # type: ignore[index]


def _libraries() -> Iterator[Finding]:
    """Look at GDAL, GEOS and PROJ, which come inside wheels or, in other builds, from the system."""
    import pyogrio
    import pyproj
    import shapely

    gdal = ".".join(map(str, pyogrio.__gdal_version__))
    values = {"gdal": gdal, "geos": shapely.geos_version_string, "proj": pyproj.proj_version_str}
    absent = ", ".join(name for name in _DRIVERS if name not in pyogrio.list_drivers())
    yield Finding("drivers" if absent else "libraries", "note" if absent else "good", values | {"absent": absent})
