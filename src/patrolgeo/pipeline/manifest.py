"""The manifest: what a run was made from, with what, and what it made."""

from __future__ import annotations

import json
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Any

import pyogrio
import pyproj
import shapely

from patrolgeo import __version__
from patrolgeo.config import Source
from patrolgeo.files import sha256
from patrolgeo.folders import MANIFEST
from patrolgeo.pipeline.clock import Clock
from patrolgeo.pipeline.inputs import Inputs
from patrolgeo.pipeline.results import Results
from patrolgeo.sources.databases import shown

_PACKAGES = (
    "branca", "folium", "geopandas", "h3", "highspy", "numba", "numpy", "pandas", "pyarrow", "pyogrio", "pyproj",
    "python-calamine", "scikit-learn", "scipy", "shapely", "xlsxwriter",
)  # fmt: skip
_CHECKOUT = Path(__file__).parents[3]


def make_manifest(folder: Path, results: Results, clock: Clock, inputs: Inputs) -> dict[str, Any]:
    """Return what the run was made from and what it made.

    Parameters
    ----------
    folder
        Holds all outputs but the manifest.
    results, clock
        What the run found and how long each step took.
    inputs
        The files as they were when the run began.
    """
    plan = results.plan
    return {
        **made_with(),
        "plan": inputs.of("plan"),
        "inputs": {role: _input(results, inputs, role) for role in plan.sources},
        "previous": inputs.of("previous") if "previous" in inputs.roles else None,
        "settings": plan.settings(),
        "seed": plan.seed,
        "audience": plan.audience,
        "crs": plan.output.crs,
        "resolution": results.ground.grid.resolution,
        "changed_by_hand": [
            {"unit": str(unit), "from": results.sheet.call(before), "to": results.sheet.call(now)}
            for unit, (before, now) in results.areas.by_hand.items()
        ],
        "outputs": outputs_of(folder),
        "seconds": clock.seconds,
    }


def made_with() -> dict[str, Any]:
    """Return the version, the commit, the packages and the platform that a run was made with."""
    return {
        "patrolgeo": __version__,
        "commit": code_commit(),
        "versions": _versions(),
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def outputs_of(folder: Path) -> dict[str, str]:
    """Return the hash of every file in a folder of results but the manifest's own."""
    files = (p for p in sorted(folder.rglob("*")) if p.is_file() and p != folder / MANIFEST)
    return {p.relative_to(folder).as_posix(): sha256(p) for p in files}


def _input(results: Results, inputs: Inputs, role: str) -> dict[str, Any]:
    source = results.plan.sources[role]
    ledger = results.place.ledgers[role]
    known = {**_named(source, inputs, role), "datum": source.datum, **ledger.to_dict()}
    if ledger.warnings:
        known["notes"] = [str(said) for said in ledger.warnings]
    if source.also:
        known["also"] = [_named(part, inputs, f"{role} {n}") for n, part in enumerate(source.also, start=2)]
    return known


def _named(source: Source, inputs: Inputs, role: str) -> dict[str, Any]:
    """Return the files of a source with their hashes; of a database its address without user and password."""
    own: dict[str, Any] = {"file": shown(source.file), "table": source.table, "sql": source.sql}
    if "file" in source.files:
        own = inputs.of(role)
    return {**own, **{key: inputs.of(f"{role} {key}") for key in source.files if key != "file"}}


def _versions() -> dict[str, str]:
    """Return the versions of Python, of the packages and of the libraries in them."""
    libraries = {
        "gdal": pyogrio.__gdal_version_string__, "geos": shapely.geos_version_string,
        "proj": pyproj.proj_version_str,
    }  # fmt: skip
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}, **libraries}


def code_commit() -> str | None:
    """Return the git commit of the code that runs, with "-changed" when files differ from it; None when not known."""
    if (_CHECKOUT / ".git").exists() and (_CHECKOUT / "pyproject.toml").exists():
        try:
            commit = _git("rev-parse", "HEAD").strip()
            return f"{commit}-changed" if _git("status", "--porcelain", "--", "src").strip() else commit
        except (OSError, subprocess.SubprocessError):
            return None
    try:
        told = distribution("patrolgeo").read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    installed = json.loads(told).get("vcs_info", {}).get("commit_id") if told else None
    return None if installed is None else str(installed)


def _git(*words: str) -> str:
    command = ["git", "-C", str(_CHECKOUT), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout  # noqa: S603
