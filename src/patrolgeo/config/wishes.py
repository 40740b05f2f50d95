"""Where a wish is said: from the words that people write to the key of a plan file; and keys that are gone."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

from patrolgeo.config.plan import Plan
from patrolgeo.errors import DataError
from patrolgeo.toml_tables import keys_of

PAGE = "docs/plan-file.md"

# By key of a plan file, other words that its wish is known by.
WORDS: dict[str, str] = {
    "[area] file": "boundary city study_area extent border region",
    "[current] file": "districts precincts beats sectors divisions wards today current_areas",
    "[areas] n": "n_areas number_of_areas areas_n districts_n",
    "[areas] workload": "weights workload_weights index",
    "[areas] speed_kmh": "speed patrol_speed velocity",
    "[areas] tolerance": "balance imbalance max_deviation",
    "[incidents] hours": "night day time_of_day evening clock shift",
    "[incidents] weekdays": "weekend days day_of_week dow",
    "[incidents] categories": "category crime_type crime_types offense offenses types",
    "[incidents] from": "start since begin date_from start_date first",
    "[incidents] until": "end to last date_to end_date",
    "[forces] file": "stations police officers vehicles cars",
    "[population] file": "residents people census tracts inhabitants",
    "[places] file": "pois poi schools hospitals facilities landmarks",
    "[roads] file": "streets network osm openstreetmap highways",
    "[barriers] file": "rivers railways river",
    "[analysis] resolution": "h3 cell_size hexagon grid hex_resolution",
    "[analysis] freq": "frequency period interval weekly",
    "[analysis] model": "forecast risk_model method",
    "[sites] n": "n_sites n_posts booths number_of_posts",
    "[sites] reach_minutes": "response_minutes max_minutes reach minutes radius",
    "[checkpoints] n": "roadblocks n_checkpoints checks",
    "[exclude] file": "excluded exclusions without airport airports base bases water forbidden no_go",
    "[output] crs": "epsg projection srs coordinate_system",
    "[roads] credit": "attribution copyright",
    "[checkpoints] purpose": "reason aim",
    "[checkpoints] basis": "legal_basis order law authority mandate",
    "[checkpoints] valid_until": "end_of_order expires expiry until_when",
    "[cordon] inside": "cordons rings ring_of closure seal",
    "[posts] forces": "fulcrums fulcrum existing_posts social_posts volunteers",
    "[tiers] minutes": "blind_spots response_tiers tier graded_response",
    "[weak] share": "weak_links weak_roads weak_units critical_roads",
    "[response] within_minutes": "response_time dispatch simulation simulate expected_minutes",
    "[cameras] n": "camera cctv video n_cameras",
    "[gates] file": "counts traffic_counts camera_gates anpr",
    "[staffing] share": "staff units_by_hour erlang service_level",
    "[staffing] lengths": "shift_lengths lines_of_duty",
    "[staffing] rest_hours": "rest rest_rule",
    "[events] name": "event events_file dated_plan festival market_day",
    "[shifts] file": "shift_table rota roster",
    "country": "jurisdiction_country nation",
    "language": "lang locale",
    "audience": "public privacy reader",
    "seed": "random_state random_seed",
    "preset": "profile template",
}

# Keys of version 0.1 that are gone, and what to do.
GONE = {
    ("sites", "seconds"): "posts are chosen and proven without a time limit now; take the line out.",
}


def where_said(word: str) -> str:
    """Return where a plan file says what an unknown key is about: the same key elsewhere, or a wish of other words."""
    places = _tables_with(word) or _wish(word.lower())
    told = f"'{word}' may be what is said by {' or '.join(places)}. " if places else ""
    return f"{told}{PAGE} explains every key."


def _tables_with(word: str) -> list[str]:
    return [key for key in every_key() if key.split("] ")[-1] == word]


def _wish(word: str) -> list[str]:
    known = {other: key for key, others in WORDS.items() for other in others.split()}
    near = difflib.get_close_matches(word, [*known, *(key.split("] ")[-1] for key in every_key())], n=1, cutoff=0.8)
    return [known[near[0]]] if near and near[0] in known else [key for name in near for key in _tables_with(name)]


def every_key() -> list[str]:
    """Return every key of a plan file as it is spoken of: ``title``, ``[areas] n``."""
    hints = get_type_hints(Plan)
    told = []
    for name, f in keys_of(Plan).items():
        table = table_of(hints[f.name])
        told += [name] if table is None else _keys_in(name, table)
    return told


def _keys_in(name: str, table: Any) -> list[str]:
    """Return the keys of a table, and of the tables in it."""
    hints = get_type_hints(table)
    told = []
    for key, f in keys_of(table).items():
        inner = table_of(hints[f.name])
        told += [f"[{name}] {key}", *([] if inner is None else _keys_in(f"{name}.{key}", inner))]
    return told


def table_of(hint: Any) -> Any:
    """Return the dataclass behind the type of a key, None where the key is no table."""
    return next((kind for kind in (hint, *get_args(hint)) if isinstance(kind, type) and is_dataclass(kind)), None)


def check_gone(content: Mapping[str, Any], path: Path) -> None:
    """Raise when a plan file of an earlier version holds a key that is gone; the message says what to change."""
    for (table, key), mend in GONE.items():
        said = content.get(table)
        if isinstance(said, Mapping) and key in said:
            raise DataError(f"{path}: {key} in [{table}] is of version 0.1: {mend}")
