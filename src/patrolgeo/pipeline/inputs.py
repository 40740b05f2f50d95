"""The files of a run: hashed before the first is read, and held against that when all is written."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path

from patrolgeo.config import Plan
from patrolgeo.errors import DataError
from patrolgeo.files import sha256

State = tuple[int, int, int]


@dataclass(frozen=True)
class Inputs:
    """What every file of a run was when the run began.

    `hashes` and `states` (device number, size, time of change) are by file; `roles` are the files of each role, among
    them "plan", "incidents gazetteer", and the second of several sources as "incidents 2".
    """

    roles: dict[str, list[Path]]
    hashes: dict[Path, str]
    states: dict[Path, State]

    def of(self, role: str) -> dict[str, object]:
        """Return the name and hash of the file of a role; of several files the hash of each."""
        files = self.roles[role]
        if len(files) == 1:
            return {"file": files[0].name, "sha256": self.hashes[files[0]]}
        return {"files": {f.name: self.hashes[f] for f in files}}

    def check_unchanged(self) -> None:
        """Raise when a file is not what it was when the run began.

        Raises
        ------
        DataError
            Some file was changed, replaced or deleted since; the message names it.
        """
        for path, known in self.hashes.items():
            try:
                same = _state(path) == self.states[path] and sha256(path) == known
            except OSError:
                raise DataError(f"{path} was deleted while the run read its files; nothing was written.") from None
            if not same:
                raise DataError(
                    f"{path} was changed while the run read its files, so the results would not be those of the file; "
                    "nothing was written. Run again when nothing writes to it."
                )


def pin_inputs(plan: Plan, earlier: Path | None = None) -> Inputs:
    """Hash the plan file and every file that it names.

    Parameters
    ----------
    plan
        The plan, as `read_plan` gives it.
    earlier
        Folder of the earlier plan that this one is held against.

    Raises
    ------
    DataError
        A file that is named cannot be opened, or a pattern fits no file.
    """
    roles = {"plan": [plan.path]}
    for role, source in plan.sources.items():
        for number, part in enumerate((source, *source.also)):
            name = f"{role} {number + 1}" if number else role
            for key, path in part.files.items():
                roles[name if key == "file" else f"{name} {key}"] = files_of(path)
    if earlier is not None:
        roles["previous"] = sorted(p for p in earlier.iterdir() if p.suffix in (".json", ".parquet", ".geojson"))
    return pin_files(roles)


def pin_files(roles: dict[str, list[Path]]) -> Inputs:
    """Hash the files of each role as they are now."""
    files = list(dict.fromkeys(f for parts in roles.values() for f in parts))
    return Inputs(roles, {f: sha256(f) for f in files}, {f: _state(f) for f in files})


def files_of(path: Path) -> list[Path]:
    """Return the files behind a path: itself, those of a folder or pattern, the parts of a Shapefile."""
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file())
    if not path.exists():
        return sorted(Path(p) for p in glob.glob(str(path)))
    if path.suffix.lower() == ".shp":
        return sorted(p for p in path.parent.glob(f"{glob.escape(path.stem)}.*") if p.is_file())
    return [path]


def _state(path: Path) -> State:
    state = path.stat()
    return state.st_ino, state.st_size, state.st_mtime_ns
