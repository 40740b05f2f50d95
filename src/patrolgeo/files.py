"""Files that are whole or not there: written beside the target and renamed, hashed, listed in a manifest."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from patrolgeo.errors import DataError, MissingFileError


def check_file(path: str | Path, what: str = "file") -> Path:
    """Return `path` when it is a file or folder that exists; else say what is near it."""
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
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def whole_folder(target: str | Path) -> Iterator[Path]:
    """Give an empty folder beside `target`; its files move into `target` only when the block ends well.

    A file of an earlier run that this run did not write stays where it is; nothing changes when the block fails.
    """
    target = Path(target)
    if target.exists() and not target.is_dir():
        raise DataError(f"{target} is a file; name a folder to write into.")
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield beside
        _move_in(beside, target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _move_in(beside: Path, target: Path) -> None:
    if not target.exists():
        beside.replace(target)
        target.chmod(0o755)
        return
    for source in sorted(p for p in beside.rglob("*") if p.is_file()):
        goal = target / source.relative_to(beside)
        goal.parent.mkdir(parents=True, exist_ok=True)
        source.replace(goal)


def write_text(target: str | Path, text: str) -> Path:
    """Write `text` as UTF-8 with plain newlines; the file is whole or not there."""
    with whole_file(target) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")
    return Path(target)


def write_json(target: str | Path, content: Mapping[str, Any]) -> Path:
    """Write `content` as JSON that people can read; the file is whole or not there."""
    return write_text(target, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
