"""Hold every public name to numpydoc: each argument named, what comes back, what is raised, an example.

    python .ci/docstrings.py            # prints what is missing and ends with 1 when there is anything

A function whose own body raises, or calls a check of `_checks`, has a section Raises. Classes name what they are made
of, and each of their public methods has a docstring. Results are made by functions, so their example stands there.
"""

import ast
import dataclasses
import inspect
import re
import sys
import textwrap
from inspect import Parameter, signature
from typing import Any

from numpydoc.validate import validate

import patrolgeo
from patrolgeo import _checks

CHECKED = {
    "GL08": "has no docstring",
    "SS03": "summary does not end with a mark",
    "PR01": "arguments without a word",
    "PR02": "words on arguments that are not there",
    "RT01": "does not say what comes back",
    "EX01": "has no example",
}
DOORS = {name for name, what in vars(_checks).items() if inspect.isfunction(what) and name != "nearest"}


def faults(home: str, name: str) -> list[str]:
    """Return what the docstrings of a public name lack."""
    what = inspect.unwrap(getattr(patrolgeo, name))
    if inspect.isfunction(what):
        return [*_written(f"{home}.{name}", what), *_unsaid(what)]
    if inspect.isclass(what):
        return _of_class(home, name, what)
    return []


def _written(place: str, what: Any, without: tuple[str, ...] = (), known: frozenset[str] = frozenset()) -> list[str]:
    """Return the faults that numpydoc finds; `known` are arguments that need no word here."""
    found = validate(f"patrolgeo.{place}")["errors"]
    asks = (inspect.getdoc(what) or "").split("\n")[0].rstrip().endswith("?")
    kept = {p.name for p in _parameters(what) if p.kind in (Parameter.VAR_KEYWORD, Parameter.VAR_POSITIONAL)}
    free = kept | {f"**{name}" for name in kept} | known
    return [
        f"{code}: {text}"
        for code, text in found
        if code in CHECKED and code not in without and not (code == "SS03" and asks) and _named(code, text, free)
    ]


def _parameters(what: Any) -> list[Parameter]:
    try:
        return list(signature(what).parameters.values())
    except (TypeError, ValueError):  # a property; a class that takes what it likes
        return []


def _named(code: str, text: str, free: set[str] | frozenset[str]) -> bool:
    """Return whether a fault stays when **options may be written as options."""
    return code not in ("PR01", "PR02") or bool(set(re.findall(r"'(.*?)'", text)) - free)


def _unsaid(function: Any) -> list[str]:
    """Return the fault of a function that checks or raises and does not say when."""
    if "\nRaises\n---" in (inspect.getdoc(function) or ""):
        return []
    body = ast.parse(textwrap.dedent(inspect.getsource(function)))
    calls = {n.func.id for n in ast.walk(body) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    checks = {name for name in calls if name in DOORS or name.startswith("check_")}
    raises = any(isinstance(n, ast.Raise) for n in ast.walk(body))
    return [f"Raises: does not say when it raises ({', '.join(sorted(checks)) or 'raise'})"] if checks or raises else []


def _of_class(home: str, name: str, what: type) -> list[str]:
    is_protocol, is_result = getattr(what, "_is_protocol", False), dataclasses.is_dataclass(what)
    made = is_protocol or is_result or issubclass(what, Exception)
    without = ("EX01", *(("PR01", "PR02") if is_protocol else ())) if made else ()
    bases = [base for base in what.__mro__[1:] if dataclasses.is_dataclass(base)]  # they describe their own fields
    known = frozenset(field.name for base in bases for field in dataclasses.fields(base))
    found = _written(f"{home}.{name}", what, without, known)
    kinds = (property, classmethod, staticmethod)
    for part, method in vars(what).items():
        if not part.startswith("_") and (inspect.isfunction(method) or isinstance(method, kinds)):
            place = f"{home}.{name}.{part}"
            found += [
                f"{part}: {fault}" for fault in _written(place, getattr(what, part), ("PR01", "PR02", "RT01", "EX01"))
            ]
    return found


def main() -> int:
    """Print the faults and return how many there are."""
    found = [
        f"{home}.{name}: {fault}"
        for home, names in patrolgeo._HOMES.items()
        for name in names.split()
        for fault in faults(home, name)
    ]
    print("\n".join(found), end="\n" if found else "")
    return len(found)


if __name__ == "__main__":
    sys.exit(min(main(), 1))
