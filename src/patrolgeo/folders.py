"""Folders of results that are whole or not there: made beside the target, exchanged for it, mended after a kill.

A run writes into a hidden folder beside the target. When all is there, the two are exchanged in one step of the
system, or by renames with signals held where it cannot; then the earlier result goes. A kill at any moment leaves the
earlier result or the new one, and perhaps a hidden folder, which the next run knows by its name and manifest and
tidies. What is not ours in the target (the manifest does not list it) is carried over by hard links.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import filecmp
import json
import logging
import os
import secrets
import shutil
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from patrolgeo.errors import DataError
from patrolgeo.files import hidden_stem, sha256, sync, write_json

try:
    import fcntl
except ImportError:  # Windows: no locks of folders, so leftovers of others are not touched there
    fcntl = None  # type: ignore[assignment]

log = logging.getLogger("patrolgeo")
MANIFEST = "manifest.json"
_LONGEST = 255  # bytes of a name in a folder, on every common disk
_UNFINISHED = {"unfinished": True, "outputs": {}}


@contextmanager
def whole_folder(target: str | Path, *, private: bool = False) -> Iterator[Path]:
    """Give an empty folder beside `target`; it takes the target's place only when the block ends well.

    What an earlier run wrote (its ``manifest.json`` lists it) goes; what anybody else put into `target` stays. An
    existing folder keeps its owner and mode. Where the block writes no ``manifest.json``, the files are listed in one.

    Parameters
    ----------
    target
        The folder; a link is written through.
    private
        Only the owner may read the new files.

    Raises
    ------
    DataError
        When `target` is not a folder that can be replaced, or holds a file of somebody else by the name of a new one.
    """
    target = check_folder(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _alone_in(target.parent):
        _tidy(target)
        beside = _make_beside(target, private)
        lock = _lock(beside)
    try:
        yield beside
        _finish(beside, private)
        _carry_over(target, beside)
        with _signals_held(), _alone_in(target.parent):
            _swap(beside, target)
            _discard(beside, target)
    finally:
        with _alone_in(target.parent):
            _discard(beside, target)
        if lock is not None:
            os.close(lock)


def check_folder(target: str | Path, names: Iterable[str] = ()) -> Path:
    """Return where results for `target` will lie; raise now what would fail at the end of a long run.

    Parameters
    ----------
    target
        The folder, which need not exist.
    names
        Files that will be written into it; none of them may be there unless an earlier run of ours wrote it.

    Raises
    ------
    DataError
        When it is a file, lies below one, is the folder we work in, has a line break or too many letters in its name,
        or holds others' files by `names`.
    OSError
        When the system will not have it: no right to write, no space.
    """
    if any(ord(c) < 32 or ord(c) == 127 for c in str(target)):
        raise DataError(f"The folder {str(target)!r} holds a line break or control character; name another one.")
    target = Path(os.path.realpath(target))
    if any(len(os.fsencode(part)) > _LONGEST for part in target.parts):
        raise DataError(f"A name in {str(target)[:80]}… is longer than {_LONGEST} bytes; name a shorter one.")
    if os.path.lexists(target) and not target.is_dir():
        raise DataError(f"{target} is a file; name a folder to write into.")
    here = Path.cwd()
    if target == here or target in here.parents:
        raise DataError(f"{target} holds the folder you work in; results need a folder of their own, such as out.")
    if os.path.ismount(target):
        raise DataError(f"{target} is where a disk is mounted; name a folder below it, such as {target / 'plan'}.")
    home = next(p for p in target.parents if os.path.lexists(p))
    if not home.is_dir():
        raise DataError(f"{target} lies below {home}, which is a file; name another folder.")
    _try_to_write(home, target)
    if target.is_dir():
        _check_others(target, set(names))
    return target


def _try_to_write(home: Path, target: Path) -> None:
    for left in home.glob(f"{hidden_stem(target)}try-*"):  # a trial that was killed
        with contextlib.suppress(OSError):
            left.rmdir()
    trial = home / _hidden(target, "try")
    trial.mkdir()
    try:
        if target.is_dir():
            _take_after(target, trial)
    finally:
        trial.rmdir()


def _check_others(target: Path, names: set[str]) -> None:
    others = _not_ours(target)
    taken = sorted(names & {p.parts[0] for p in others})
    if taken:
        raise DataError(
            f"{target} holds {', '.join(taken)}, which no earlier run wrote (its manifest.json does not list it). "
            "Name another folder, or move the file away."
        )
    mine = not hasattr(os, "geteuid") or os.geteuid() == 0
    for folder in (target / p for p in others):
        if folder.is_dir() and not folder.is_symlink() and not mine and folder.stat().st_uid != os.geteuid():
            raise DataError(f"{folder} belongs to somebody else and cannot be carried over; name another folder.")


def _tidy(target: Path) -> None:
    """Restore or remove what a killed run left beside `target`, and say so in one line."""
    for left in sorted(target.parent.glob(f"{hidden_stem(target)}*"), reverse=True):  # "old" before "new"
        lock = _lock(left) if left.is_dir() and not left.is_symlink() else None
        if lock is None:
            continue  # another run is writing it
        try:
            if not os.path.lexists(target) and left.name.startswith(f"{hidden_stem(target)}old"):
                left.rename(target)
                log.info("%s was restored: an earlier run was stopped while it replaced it.", target)
            elif _discard(left, target):
                log.info("What a stopped run left beside %s was removed.", target)
            else:
                log.warning("%s holds files that are nowhere else; it was left as it is.", left)
        finally:
            os.close(lock)


def _hidden(target: Path, use: str) -> str:
    return f"{hidden_stem(target)}{use}-{secrets.token_hex(4)}"


def _make_beside(target: Path, private: bool) -> Path:
    beside = target.parent / _hidden(target, "new")
    beside.mkdir(mode=0o700 if private else 0o777)
    if target.is_dir():
        _take_after(target, beside)
    (beside / MANIFEST).write_text(json.dumps(_UNFINISHED), encoding="utf-8")
    return beside


def _take_after(old: Path, new: Path) -> None:
    """Give `new` the owner, group and mode of `old`."""
    state = old.stat()
    if hasattr(os, "chown") and (state.st_uid, state.st_gid) != (new.stat().st_uid, new.stat().st_gid):
        os.chown(new, state.st_uid, state.st_gid)
    shutil.copystat(old, new)


def _finish(beside: Path, private: bool) -> None:
    """List the files where the run did not, and put everything on the disk."""
    files = [p for p in sorted(beside.rglob("*")) if p.is_file() and p != beside / MANIFEST]
    if (_manifest(beside) or _UNFINISHED).get("unfinished"):
        write_json(beside / MANIFEST, {"outputs": {p.relative_to(beside).as_posix(): sha256(p) for p in files}})
    for path in (*files, beside / MANIFEST):
        if private:
            path.chmod(0o600)
        sync(path)


def _manifest(folder: Path) -> dict[str, object] | None:
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) and isinstance(content.get("outputs"), dict) else None


def _not_ours(folder: Path) -> list[Path]:
    """Return what the folder's manifest does not list, relative to it; a whole folder where nothing in it is ours."""
    manifest = _manifest(folder)
    listed = {MANIFEST, *manifest["outputs"]} if manifest is not None else set()  # type: ignore[misc]

    def walk(here: Path) -> Iterator[Path]:
        for entry in sorted(os.scandir(folder / here), key=lambda e: e.name):
            path = here / entry.name
            if entry.is_dir(follow_symlinks=False) and any(str(o).startswith(f"{path.as_posix()}/") for o in listed):
                yield from walk(path)
            elif path.as_posix() not in listed or not entry.is_file(follow_symlinks=False):
                yield path

    return list(walk(Path()))


def _carry_over(target: Path, beside: Path) -> None:
    """Link what is not ours in `target` into `beside`."""
    for path in _not_ours(target) if target.is_dir() else []:
        if os.path.lexists(beside / path):
            raise DataError(f"{target / path} was not written by an earlier run; move it away or name another folder.")
        for folder in reversed(path.parents[:-1]):
            if not (beside / folder).exists():
                (beside / folder).mkdir()
                _take_after(target / folder, beside / folder)
        _link(target / path, beside / path)


def _link(old: Path, new: Path) -> None:
    if old.is_dir() and not old.is_symlink():
        new.mkdir()
        for entry in sorted(old.iterdir()):
            _link(entry, new / entry.name)
        _take_after(old, new)
        return
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError:
        if not old.is_file():  # a pipe or device cannot be copied
            raise
        shutil.copy2(old, new, follow_symlinks=False)


def _swap(beside: Path, target: Path) -> None:
    """Put `beside` at `target`; what was there is then in a hidden folder."""
    if not os.path.lexists(target):
        beside.rename(target)
    elif not _exchange(beside, target):
        old = target.parent / _hidden(target, "old")
        target.rename(old)
        try:
            beside.rename(target)
        except OSError:
            old.rename(target)
            raise
        old.rename(beside)
    sync(target.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    here, exchange = -100, 2
    if rename(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0:
        return True
    problem = ctypes.get_errno()
    if problem in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(problem, os.strerror(problem), str(other))


def _discard(folder: Path, target: Path) -> bool:
    """Remove a hidden folder of ours; False when it holds what is nowhere else. The manifest goes last."""
    if not folder.is_dir():
        return True
    manifest = _manifest(folder)
    for path in [] if manifest is not None and manifest.get("unfinished") else _not_ours(folder):
        if path.name == MANIFEST and path.parent == Path():
            continue  # half a manifest: nothing else was written yet
        if not _same(folder / path, target / path):
            if os.path.lexists(target / path) or not (target / path).parent.is_dir():
                return False
            (folder / path).rename(target / path)  # came while we were writing
    for entry in sorted(folder.iterdir()):
        if entry.name != MANIFEST:
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    (folder / MANIFEST).unlink(missing_ok=True)
    folder.rmdir()
    return True


def _same(one: Path, other: Path) -> bool:
    if not os.path.lexists(other):
        return False
    if one.is_symlink():
        return other.is_symlink() and one.readlink() == other.readlink()
    if one.is_dir():
        return other.is_dir() and all(_same(entry, other / entry.name) for entry in one.iterdir())
    return one.samefile(other) or (one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False))


@contextmanager
def _signals_held() -> Iterator[None]:
    """Keep what would interrupt for the end of the block; other threads are never interrupted."""
    came: list[int] = []
    kept: dict[signal.Signals, Any] = {}
    wanted = [signal.SIGINT, signal.SIGTERM] if threading.current_thread() is threading.main_thread() else []
    try:
        for number in wanted:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                kept[number] = signal.signal(number, lambda n, _: came.append(n))
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
        if came:
            os.kill(os.getpid(), came[0])


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Let no other run swap or tidy in `folder` meanwhile, where the system has locks."""
    handle = os.open(folder, os.O_RDONLY) if fcntl is not None else None
    try:
        if handle is not None:
            with contextlib.suppress(OSError):  # some network disks have none
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _lock(folder: Path) -> int | None:
    """Return a handle that marks `folder` as in use until it is closed; None when somebody else has it."""
    if fcntl is None:
        return None
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    except OSError:
        pass  # no locks on this disk
    return handle
