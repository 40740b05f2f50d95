"""The API pages: every public name of `patrolgeo._HOMES`, a page a room, from the docstrings."""

import inspect
import re
from typing import Any

from staged import Stage

import patrolgeo

# what a room is called; the rooms of plan and evaluation are the folders below them
ROOMS = {
    "errors": "Errors and warnings",
    "sources": "Reading files",
    "grid": "Cells and units",
    "privacy": "What may leave the house",
    "panel": "Counts by period and cell",
    "hotspots": "Hot spots",
    "risk": "Forecasts",
    "alerts": "Warnings",
    "evaluation": "How good was it said",
    "evaluation.impact": "Did it work",
    "evaluation.trial": "Trials",
    "evaluation.cost": "Cost",
    "evaluation.delivery": "What was patrolled",
    "evaluation.equity": "Who bears it",
    "roads": "Roads and minutes",
    "plan.areas": "Patrol areas",
    "plan.workload": "Workload",
    "plan.sites": "Sites",
    "plan.checkpoints": "Checkpoints",
    "plan.routes": "Routes",
    "plan.response": "Response",
    "plan.staffing": "Staffing",
    "tasks": "Tasks and reports",
    "maps": "Maps",
    "charts": "Charts",
    "words": "Notes",
    "pages": "Pages and sheets",
    "pipeline": "Whole runs",
}


def write(stage: Stage) -> None:
    """Write a page for each room and the list of all names."""
    rooms: dict[str, list[str]] = {}
    for home, names in patrolgeo._HOMES.items():
        rooms.setdefault(room_of(home), []).extend(names.split())
    for room, names in rooms.items():
        stage.text(f"docs/api/{page_of(room)}.rst", room_page(room, names))
    stage.text("docs/api/index.rst", index(rooms))


def room_of(home: str) -> str:
    """Return the room of a module: the longest name of ROOMS that it begins with."""
    return max((room for room in ROOMS if f"{home}.".startswith(f"{room}.")), key=len)


def page_of(room: str) -> str:
    """Return the name of a room's page."""
    return room.replace(".", "-")


def first_line(name: str) -> str:
    """Return the summary of a docstring, on one line."""
    return " ".join((inspect.getdoc(getattr(patrolgeo, name)) or "").split("\n\n")[0].split())


def room_page(room: str, names: list[str]) -> str:
    """Return the page of a room: a table of its names, then each with its whole docstring."""
    entries = [entry(name, getattr(patrolgeo, name)) for name in names]
    return "\n\n".join([heading(ROOMS[room], "="), table(names), *entries, ""])


def heading(text: str, line: str) -> str:
    """Return a heading of reStructuredText; signs of double width count twice."""
    return f"{text}\n{line * len(text)}"


def table(names: list[str]) -> str:
    """Return the names as links, each with the line that says what it does."""
    rows = "\n".join(f"   * - :py:obj:`~patrolgeo.{name}`\n     - {first_line(name)}" for name in names)
    return f".. list-table::\n   :widths: 30 70\n\n{rows}"


def entry(name: str, what: Any) -> str:
    """Return the heading and the directive of one name."""
    if inspect.isclass(what):
        foreign = [base.__name__ for base in what.__mro__ if not base.__module__.startswith("patrolgeo")]
        body = f".. autoclass:: patrolgeo.{name}\n   :members:\n   :inherited-members: {', '.join(foreign)}"
        body += made_by(name)
    else:
        body = f".. autofunction:: patrolgeo.{name}"
    return f"{heading(name, '-')}\n\n{body}"


def made_by(name: str) -> str:
    """Return the example of the function that makes a result, for results whose docstring has none of its own."""
    makers = [] if ">>>" in (inspect.getdoc(getattr(patrolgeo, name)) or "") else makers_of(name)
    if not makers:
        return ""
    made = ", ".join(f":py:obj:`~patrolgeo.{maker}`" for maker in makers)
    says = inspect.getdoc(getattr(patrolgeo, makers[0])) or ""
    lines = says.split("Examples\n--------\n")[1].split("\n\n")[0].splitlines()
    return f"\n\n   Made by {made}.\n\n   .. code-block:: pycon\n\n" + "\n".join(f"      {line}" for line in lines)


def makers_of(name: str) -> list[str]:
    """Return the public functions that return a class."""
    functions = [other for other in patrolgeo.__all__ if inspect.isfunction(inspect.unwrap(getattr(patrolgeo, other)))]
    said = {
        other: str(inspect.unwrap(getattr(patrolgeo, other)).__annotations__.get("return", "")) for other in functions
    }
    return [other for other in functions if re.search(rf"\b{name}\b", said[other])]


def index(rooms: dict[str, list[str]]) -> str:
    """Return the front page of the API."""
    count = sum(len(names) for names in rooms.values())
    text = (
        f"All {count} public names, by the step of the way that they stand on. Each is imported from ``patrolgeo``;\n"
        "each example runs as a test. :doc:`../conventions` says what holds everywhere."
    )
    tree = "\n".join(f"   {page_of(room)}" for room in ROOMS)
    parts = [heading("API", "="), text, f".. toctree::\n   :maxdepth: 1\n   :hidden:\n\n{tree}"]
    for room, title in ROOMS.items():
        named = ", ".join(f":py:obj:`~patrolgeo.{name}`" for name in rooms[room])
        parts += [heading(title, "-"), f":doc:`{page_of(room)}`: {named}"]
    return "\n\n".join([*parts, ""])
