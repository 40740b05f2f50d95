"""Files that are whole or not there: written beside the target and renamed, hashed, listed in a manifest."""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from patrolgeo.errors import DataError, MissingFileError

_ADDRESS = re.compile(r"/?vsi\w+/|\w{2,}://|\w+:/{0,2}\w+://|[A-Z]{3,}:(?!\\)", re.IGNORECASE)


def check_file(path: str | Path, what: str = "file") -> Path:
    """Return `path` when it is a file or folder that exists; else say what is near it."""
    if _ADDRESS.match(str(path)):
        raise DataError(
            f"{what} {path} is an address; only files on this machine are opened. Save it and name the file."
        )
    path = Path(path)
    if not path.exists():
        folder = path.parent if path.parent.exists() else Path()
        near = ", ".join(sorted(p.name for p in folder.iterdir())[:8]) if path.parent.exists() else "no such folder"
        raise MissingFileError(f"{what} {path} does not exist. In {folder}: {near}.")
    return path


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
    """Give a path beside `target` to write to; it takes the target's name only when the block ends well."""
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        beside.chmod(0o644)  # a temporary file is private, the result is not
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def whole_folder(target: str | Path) -> Iterator[Path]:
    """Give an empty folder beside `target`; it takes the target's place only when the block ends well.

    What an earlier run wrote (its ``manifest.json`` lists it) goes; files of anybody else in `target` stay.
    """
    target = Path(target)
    if target.exists() and not target.is_dir():
        raise DataError(f"{target} is a file; name a folder to write into.")
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield beside
        beside.chmod(0o755)
        _take_place(beside, target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _take_place(beside: Path, target: Path) -> None:
    if not target.exists():
        beside.replace(target)
        return
    for name in _foreign_files(beside, target):
        (beside / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(target / name, beside / name)
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent)) / target.name
    target.replace(old)
    try:
        beside.replace(target)
    except BaseException:
        old.replace(target)
        raise
    finally:
        shutil.rmtree(old.parent, ignore_errors=True)


def _foreign_files(beside: Path, target: Path) -> list[Path]:
    """Return what lies in `target` and is neither written now nor listed by an earlier run."""
    try:
        earlier = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["outputs"]
    except (OSError, ValueError, KeyError, TypeError):
        earlier = {}
    present = [p.relative_to(target) for p in target.rglob("*") if p.is_file()]
    return [p for p in present if p.as_posix() not in earlier and not (beside / p).exists()]


def write_text(target: str | Path, text: str) -> Path:
    """Write `text` as UTF-8 with plain newlines; the file is whole or not there."""
    with whole_file(target) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")
    return Path(target)


def write_json(target: str | Path, content: Mapping[str, Any]) -> Path:
    """Write `content` as JSON that people can read; the file is whole or not there."""
    return write_text(target, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
