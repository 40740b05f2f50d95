"""A study to hand on: its file, the rows it used, its code and its results in one zip; and back again.

The zip holds what the folder of results holds. What is read back is held against the hashes of its manifest, by name;
nothing else in it is opened, and nothing is unpacked to where it wants to lie.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patrolgeo.config.read_study import KEPT
from patrolgeo.errors import DataError
from patrolgeo.files import check_file, whole_file
from patrolgeo.folders import MANIFEST
from patrolgeo.pipeline.study.gather import CODE, Kept

STUDY, BUNDLE = "study.toml", "bundle.zip"
MOST = 4_000_000_000  # bytes of a bundle when unpacked
_EARLY = (1980, 1, 1, 0, 0, 0)  # of every file in a bundle, so that the same content gives the same bytes


@dataclass(frozen=True)
class Results:
    """What an earlier run left, in a folder or a bundle: study file, inputs, and the hashes of all its files."""

    study: bytes
    kept: Kept
    outputs: dict[str, str]


def write_bundle(folder: Path) -> None:
    """Put the files of a folder of results into one zip in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != BUNDLE)
    with whole_file(folder / BUNDLE) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EARLY)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            bundle.writestr(entry, path.read_bytes())


def read_results(path: Path, file: str = STUDY) -> Results:
    """Return the study (or trial) file, the kept inputs and the hashes of an earlier run, from its folder or bundle.

    Raises
    ------
    DataError
        When it is neither, or a file in it is missing or was altered.
    """
    if path.is_dir():
        return _results(path, lambda name: (path / name).read_bytes(), file)
    try:
        with zipfile.ZipFile(check_file(path, "bundle")) as bundle:
            size = sum(entry.file_size for entry in bundle.infolist())
            if size > MOST:
                raise DataError(f"{path} would be {size / 1e9:.1f} GB unpacked; a bundle holds at most {MOST / 1e9:g}.")
            return _results(path, bundle.read, file)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as problem:
        raise DataError(f"{path} is no bundle that can be read, or it is damaged: {problem}.") from None


def _results(path: Path, read: Any, file: str) -> Results:
    manifest = _manifest(path, read)
    outputs: dict[str, str] = manifest["outputs"]
    wanted = [name for name in outputs if name == file or name.startswith((f"{KEPT}/", f"{CODE}/"))]
    files = {name: _checked(path, read, name, outputs[name]) for name in wanted}
    if file not in files:
        raise DataError(f"{path} holds no {file}: it is not what a run of one left.")
    return Results(files.pop(file), Kept(files, manifest["inputs"], path), outputs)


def _manifest(path: Path, read: Any) -> Mapping[str, Any]:
    try:
        manifest = json.loads(read(MANIFEST))
        plain = all(_is_plain(name) and isinstance(seal, str) for name, seal in manifest["outputs"].items())
        if plain and isinstance(manifest["inputs"], dict):
            return dict(manifest)
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
        pass
    raise DataError(f"{path} holds no {MANIFEST} of a study; name the folder or bundle that a study left.")


def _is_plain(name: str) -> bool:
    return not name.startswith("/") and "\\" not in name and ":" not in name and ".." not in name.split("/")


def _checked(path: Path, read: Any, name: str, seal: str) -> bytes:
    try:
        content: bytes = read(name)
    except (OSError, KeyError):
        raise DataError(f"{path} lacks {name}, which its manifest names; it is not whole.") from None
    if hashlib.sha256(content).hexdigest() != seal:
        raise DataError(f"{name} in {path} is not what its manifest says: it was altered since the study was run.")
    return content
