"""Hold the docstrings of public functions to numpydoc: every argument named, what comes back, an example.

    python .ci/docstrings.py            # the rooms that are clean must stay so
    python .ci/docstrings.py --open     # what the other rooms still lack

A room joins `CLEAN` once it has nothing open.
"""

import re
import sys
import types
from collections import Counter
from inspect import Parameter, signature

from numpydoc.validate import validate

import patrolgeo

CLEAN = {"alerts", "evaluation", "grid", "maps", "pages", "panel", "pipeline", "privacy", "risk"}
CHECKED = {
    "GL08": "has no docstring",
    "SS03": "summary does not end with a mark",
    "PR01": "arguments without a word",
    "PR02": "words on arguments that are not there",
    "RT01": "does not say what comes back",
    "EX01": "has no example",
}


def faults(home: str, name: str) -> list[str]:
    """Return what the docstring of a public function lacks."""
    if not isinstance(getattr(patrolgeo, name), types.FunctionType):
        return []
    function = getattr(patrolgeo, name)
    found = [(code, text) for code, text in validate(f"patrolgeo.{home}.{name}")["errors"] if code in CHECKED]
    asks = (function.__doc__ or "").split("\n")[0].rstrip().endswith("?")
    kept = [p.name for p in signature(function).parameters.values() if p.kind is Parameter.VAR_KEYWORD]
    return [f"{code}: {text}" for code, text in found if not (code == "SS03" and asks) and _named(code, text, kept)]


def _named(code: str, text: str, kept: list[str]) -> set[str] | bool:
    """Return what is left of a fault when **options may be written as options."""
    if code not in ("PR01", "PR02"):
        return True
    return set(re.findall(r"'(.*?)'", text)) - {*kept, *(f"**{name}" for name in kept)}


def main() -> int:
    """Print the faults of the clean rooms (or of the others) and return how many there are."""
    others, count, by_room = "--open" in sys.argv, 0, Counter()
    for home, names in patrolgeo._HOMES.items():
        room = home.split(".")[0]
        for name in names.split():
            found = faults(home, name) if (room in CLEAN) != others else []
            by_room[room] += len(found)
            count += len(found)
            for fault in found:
                print(f"{home}.{name}: {fault}")
    if others:
        print({room: n for room, n in by_room.items() if room not in CLEAN})
    return 0 if others else count


if __name__ == "__main__":
    sys.exit(min(main(), 1))
