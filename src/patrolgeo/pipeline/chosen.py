"""Which records a plan was made from, where its file chooses some: a night plan says so in its title."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patrolgeo.config import Plan
from patrolgeo.config.source import Records
from patrolgeo.sources.osm import is_osm
from patrolgeo.words.messages import load_words, say
from patrolgeo.words.note import Note

OSM_CREDIT = "© OpenStreetMap contributors"


def chosen_records(plan: Plan) -> dict[str, Any]:
    """Return what is chosen of the incidents (`hours`, `weekdays`, `categories`, `from`, `until`), None for all.

    What several sources do not agree on is "various".
    """
    said = {
        name.rstrip("_"): _agreed(plan.incidents, name)
        for name in ("hours", "weekdays", "categories", "from_", "until")
    }
    return said | ({} if plan.analysis.categories is None else {"categories": plan.analysis.categories})


def _agreed(source: Records, name: str) -> Any:
    values = [getattr(part, name) for part in (source, *source.also)]
    return values[0] if all(value == values[0] for value in values) else "various"


def titled(plan: Plan) -> str:
    """Return the title of the plan with the hours, days and kinds of the records that it was made from."""
    words, chosen = load_words(plan.language), chosen_records(plan)
    comma = words["list_comma"]
    told = []
    if isinstance(chosen["hours"], list):
        told.append("–".join(chosen["hours"]))
    if isinstance(chosen["weekdays"], list):
        told.append(comma.join(words[f"weekday_{day}"] for day in chosen["weekdays"]))
    if isinstance(chosen["categories"], list):
        told.append(comma.join(chosen["categories"]))
    if "various" in (chosen["hours"], chosen["weekdays"], chosen["categories"]):
        told.append(words["some_records"])
    return say(words, "title_of_some", title=plan.title, some="; ".join(told)) if told else plan.title


def notes_on_chosen(plan: Plan) -> Iterator[Note]:
    """Tell when calls are of other hours than incidents, so that work and risk are not of the same time."""
    if plan.calls is not None and _agreed(plan.calls, "hours") != chosen_records(plan)["hours"]:
        yield Note("other_hours", {})


def credits_of(plan: Plan) -> str:
    """Return who must be named on every map and sheet: of OpenStreetMap extracts, and what the plan file says."""
    parts = [part for source in plan.sources.values() for part in (source, *source.also)]
    named = [part.credit or (OSM_CREDIT if is_osm(part.file) else "") for part in parts]
    return " · ".join(dict.fromkeys(name for name in named if name))
