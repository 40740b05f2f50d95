"""What a study names: models of patrolgeo by their public names, and what an author brings by import path.

An import path runs the author's code. Code that comes with somebody else's results or bundle runs only when the person
who runs it says so.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from typing import Any, Self

import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.errors import DataError
from patrolgeo.files import sha256
from patrolgeo.risk.protocol import BaseRisk, RiskModel


@dataclass
class OwnModel:
    """A model of the author's, made where it is used: processes and clusters need its import path only.

    Parameters
    ----------
    use, settings
        The import path, and what the model is made with.
    code
        Hash of the file that holds it, so that forecasts of other code are never taken for its own.
    folder
        Where the study file lies; the path is looked for there first.
    """

    use: str
    settings: dict[str, Any]
    code: str
    folder: Path = field(repr=False)

    def fit(
        self, panel: pd.DataFrame, exposure: pd.Series | None = None, covariates: Any = None, units: Any = None
    ) -> Self:
        """Make the model and let it learn; units that are not H3 cells are shown to a model that takes them."""
        model = load(self.use, self.folder)(**self.settings)
        places = {"units": units} if "units" in signature(model.fit).parameters else {}
        with _named(self.use):
            self.fitted_ = model.fit(panel, exposure=exposure, covariates=covariates, **places)
        return self

    def predict(self, horizon: int = 1) -> pd.DataFrame:
        """Return what the author's model expects."""
        with _named(self.use):
            said: pd.DataFrame = self.fitted_.predict(horizon)
        return said


@contextmanager
def _named(use: str) -> Iterator[None]:
    """Turn what goes wrong in the author's code into one sentence that names it."""
    try:
        yield
    except DataError:
        raise
    except Exception as problem:
        raise DataError(f"{use} failed: {type(problem).__name__}: {problem}") from problem


def make_models(models: Mapping[str, Mapping[str, Any]], path: Path, folder: Path) -> dict[str, RiskModel]:
    """Return the models of a study by name, each made with its settings once, so that a bad one is said at the door.

    Raises
    ------
    DataError
        When a name is not known, an import path leads nowhere, or a model cannot be made with these settings.
    """
    return {name: _make(dict(entry), f"{path}: [models.{name}]", folder) for name, entry in models.items()}


def _make(settings: dict[str, Any], where: str, folder: Path) -> RiskModel:
    use = settings.pop("use")
    if "target" in settings:
        raise DataError(f"{where} cannot take 'target': the category stands at [data.NAME].")
    own = is_own(use)
    kind = load(use, folder) if own else _public(use, where)
    try:
        model = kind(**settings)
        if isinstance(model, BaseRisk):
            model._check_settings()
    except DataError as problem:
        raise DataError(f"{where}: {problem}") from None
    except Exception as problem:
        raise DataError(f"{where}: {use} cannot be made with {settings}: {problem}.") from problem
    if not (hasattr(model, "fit") and hasattr(model, "predict")):
        raise DataError(f"{where}: {use} is no model: it needs the methods fit and predict.")
    return OwnModel(use, settings, code_hash(use, folder), folder) if own else model


def is_own(use: str) -> bool:
    """Say whether a study means code of its author's (an import path), not a public name of patrolgeo."""
    return "." in use or ":" in use


def _public(use: str, where: str) -> Any:
    front = importlib.import_module("patrolgeo")
    known = [name for name, home in front._HOME_OF.items() if home.startswith("risk.")]
    kinds = {name: kind for name in known if _is_model(kind := getattr(front, name))}
    if use not in kinds:
        raise DataError(
            f"{where}: no model is called {use!r}{nearest(use, kinds)} Known: {', '.join(sorted(kinds))}; or the "
            "import path of your own, such as my_models:SameSeason."
        )
    return kinds[use]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseRisk) and kind is not BaseRisk


def load(use: str, folder: Path) -> Any:
    """Return what an import path names: ``module:name`` or ``package.module.name``, first beside the study file.

    Raises
    ------
    DataError
        When there is no such module or name, or its code fails while it is read.
    """
    module, _, name = use.partition(":") if ":" in use else use.rpartition(".")
    with _beside(folder, module):
        try:
            found: Any = importlib.import_module(module)
        except Exception as problem:
            raise DataError(f"{use} cannot be imported: {type(problem).__name__}: {problem}.") from problem
    for part in name.split("."):
        if not hasattr(found, part):
            raise DataError(f"{use}: {module} has no {part!r}{nearest(part, vars(found))}")
        found = getattr(found, part)
    return found


_read: dict[str, tuple[Path, str]] = {}  # top module -> folder and hash of the code that was read from a study's folder


@contextmanager
def _beside(folder: Path, module: str) -> Iterator[None]:
    """Let modules beside a study file be found; one of the same name that was read elsewhere is forgotten."""
    top = module.partition(".")[0]
    state = (folder, code_hash(module, folder))
    if state[1] and _read.get(top) != state:
        for name in [n for n in sys.modules if n == top or n.startswith(f"{top}.")]:
            del sys.modules[name]
        importlib.invalidate_caches()
    quiet, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(folder))
    try:
        yield
        if state[1]:
            _read[top] = state
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = quiet


def code_files(use: str, folder: Path) -> list[Path]:
    """Return the files beside a study file that hold what an import path names: one module, or a whole package."""
    top = use.partition(":")[0].partition(".")[0]
    package = folder / top
    if (package / "__init__.py").is_file():
        return sorted(package.rglob("*.py"))
    module = folder / f"{top}.py"
    return [module] if module.is_file() else []


def code_hash(use: str, folder: Path) -> str:
    """Return what stands for the author's code beside the study file; "" for what is installed elsewhere."""
    return " ".join(sha256(file)[:16] for file in code_files(use, folder))
