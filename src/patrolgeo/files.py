"""Files that are whole or not there: written beside the target and renamed, hashed, listed in a manifest."""

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from patrolgeo.errors import DataError, MissingFileError

_ADDRESS = re.compile(r"/?vsi\w+/|\w{2,}://|\w+:/{0,2}\w+://|[A-Z]{3,}:(?!\\)", re.IGNORECASE)


def check_file(path: str | Path, what: str = "file") -> Path:
    """Return `path` when it is a file or folder that exists; else say what is near it.

    Raises
    ------
    MissingFileError
        When nothing is there.
    DataError
        When it is an address, a pipe or a device, or cannot be looked at.
    """
    if not isinstance(path, (str, PathLike)):
        raise DataError(f"{what} must be a path or a table, got {type(path).__name__}.")
    named, path = str(path), Path(path)
    try:
        there, plain = path.exists(), path.is_file() or path.is_dir()
    except OSError as problem:  # a name that is too long, a folder that may not be entered
        raise DataError(f"{what} {named[:200]} cannot be opened: {problem.strerror}.") from None
    if there and not plain:
        raise DataError(f"{what} {named} is a pipe or a device; name a file.")
    if not there and _ADDRESS.match(named):
        raise DataError(
            f"{what} {named} is an address; only files of this machine are opened. Save it and name the file."
        )
    if not there:
        raise MissingFileError(f"{what} {path} does not exist. In {path.parent}: {_names_in(path.parent)}.")
    return path


def _names_in(folder: Path) -> str:
    try:
        return ", ".join(sorted(p.name for p in folder.iterdir())[:8]) or "nothing"
    except OSError as problem:
        return str(problem.strerror).lower()


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file, or of all files below a folder in name order."""
    digest = hashlib.sha256()
    path = Path(path)
    for part in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
        with part.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


@contextmanager
def whole_file(target: str | Path) -> Iterator[Path]:
    """Give a path beside `target` to write to; it takes the target's name only when the block ends well.

    A new file has the rights that the umask lets it have; one that is replaced hands on its mode. A link is written
    through.

    Raises
    ------
    DataError
        When `target` is a folder, a pipe or a device.
    """
    target = Path(os.path.realpath(target))
    if os.path.lexists(target) and not target.is_file():
        raise DataError(f"{target} is not a plain file and cannot be replaced; name another file.")
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = new_file(target.parent / f"{hidden_stem(target)}{secrets.token_hex(4)}{target.suffix}")
    try:
        yield beside
        if target.exists():
            shutil.copymode(target, beside)
        sync(beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def check_target(target: str | Path) -> None:
    """Raise now what would fail when `target` is written at the end of a long run.

    Raises
    ------
    DataError
        When `target` is a folder, a pipe or a device, or lies below a file.
    OSError
        When the system will not have it: no right to write, no space.
    """
    target = Path(os.path.realpath(target))
    if os.path.lexists(target) and not target.is_file():
        raise DataError(f"{target} is not a plain file and cannot be replaced; name another file.")
    home = next(p for p in target.parents if os.path.lexists(p))
    if not home.is_dir():
        raise DataError(f"{target} lies below {home}, which is a file; name another one.")
    new_file(home / f"{hidden_stem(target)}{secrets.token_hex(4)}").unlink()


_LEFT_FOR_GOOD = 86_400.0  # seconds after which a hidden file that was never renamed belongs to nobody


def sweep(folder: str | Path) -> None:
    """Remove the hidden files that killed runs left in `folder` a day ago or earlier."""
    for left in Path(folder).glob(".patrolgeo-*"):
        if left.is_file() and time.time() - left.stat().st_mtime > _LEFT_FOR_GOOD:
            left.unlink(missing_ok=True)


def hidden_stem(target: Path) -> str:
    """Return how the names of hidden files and folders beside `target` begin."""
    return f".patrolgeo-{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:8]}-"


def new_file(path: Path) -> Path:
    """Make an empty file with the rights that the umask leaves."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    return path


def sync(path: Path) -> None:
    """Have the system put a file or the names in a folder on the disk."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:  # a folder on Windows
        return
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def write_text(target: str | Path, text: str) -> Path:
    """Write `text` as UTF-8 with plain newlines; the file is whole or not there."""
    with whole_file(target) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")
    return Path(target)


def write_json(target: str | Path, content: Mapping[str, Any]) -> Path:
    """Write `content` as JSON that people can read; the file is whole or not there."""
    return write_text(target, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_arrays(target: str | Path, arrays: Mapping[str, Any]) -> Path:
    """Write arrays to a `.npz` file with a seal over all of them, so that damage and changes are noticed."""
    with whole_file(target) as beside, beside.open("wb") as stream:
        np.savez_compressed(stream, seal=np.array(_seal(arrays)), **arrays)
    return Path(target)


def read_arrays(path: str | Path, what: str) -> dict[str, Any]:
    """Return the arrays that `write_arrays` wrote; nothing in the file can run.

    Raises
    ------
    DataError
        When the file is damaged, or was altered since it was written.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except MissingFileError:
        raise
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as problem:
        raise DataError(f"{path} is not a {what} that can be read, or it is damaged: {problem}.") from None
    seal = arrays.pop("seal", None)
    if seal is None or str(seal) != _seal(arrays):
        raise DataError(f"{path} is not a {what} of this version, or it was altered since it was written.")
    return arrays


def _seal(arrays: Mapping[str, Any]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        values = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {values.dtype.str} {np.shape(arrays[name])}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()
