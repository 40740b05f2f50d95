"""One page on a table of incidents, before anything is decided: what is in it, what was set aside, what would mend it.

The page goes from hand to hand, so it shows fields that are used and nothing else: no dropped column, no free text, no
exact place of a sensitive kind; what looks like a number or name of a person is masked wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._typing import Bools
from patrolgeo.errors import MissingColumnError
from patrolgeo.files import write_text
from patrolgeo.sources.kinds import SHIPPED, map_kinds
from patrolgeo.sources.ledger import Entry, Ledger, mending, sentence
from patrolgeo.sources.persons import PERSONAL
from patrolgeo.sources.positions import Points
from patrolgeo.sources.propose import Proposal
from patrolgeo.words.messages import load_words, say
from patrolgeo.words.note import worded

_SENSITIVE = re.compile(
    r"rape|sexual|indecen|domestic|family|juvenile|child|minor|suicid|self.?harm|stalk|强奸|猥亵|性侵|家暴|家庭|未成年|自杀|轻生",
    re.IGNORECASE,
)
_TIMES = ("time", "date", "clock", "year", "month", "day", "hour", "time_start", "time_end")
_PLACE = ("lon", "lat", "x", "y")
_MOST_BINS, _FEWEST, _WIDE = 24, 3, 20
_KIND_ROWS = 10  # rows of a category that is named: one of few may be a person in the wrong column
# Remarks whose details speak of columns and settings, not of values in rows.
_TOLD = {
    *(
        "columns",
        "columns_found",
        "columns_left_out",
        "preset_recognised",
        "no_category",
        "encoding",
        "persons_dropped",
    ),
    *("date_order", "utc_clock", "from_utc", "layers", "sheets", "reprojected", "heaped_point", "heaped_midnight"),
    *("heaped_hours", "heaped_month", "low_mapping_rate", "persons_dropped", "copies_between_sources", "id_repeats"),
}
_WORDS = re.compile(r"[^\W\d_]+")
_OF_TIME = re.compile(r"[TZ]|[AaPp][Mm]|UTC|[年月日时点分秒]")


@dataclass(frozen=True)
class Aside:
    """One reason: how many rows, what it means, what mends it, and up to three example rows."""

    reason: str
    rows: int
    finding: str
    repair: str
    examples: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Profile:
    """What the page shows, as plain values."""

    source: str
    read: int
    kept: int
    first: str = ""
    last: str = ""
    months: list[tuple[str, int]] = field(default_factory=list)
    gaps: list[tuple[str, str, int]] = field(default_factory=list)
    placed: float = 0.0
    kinds: list[tuple[str, int, float]] = field(default_factory=list)
    further_kinds: int = 0
    further_rows: int = 0
    further_placed: float = 0.0
    squares: list[tuple[int, int, int]] = field(default_factory=list)
    bins: int = _MOST_BINS
    bounds: tuple[float, float, float, float] | None = None
    hidden: int = 0
    aside: list[Aside] = field(default_factory=list)
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    fault: str = ""


def missing_profile(source: Any, problem: MissingColumnError) -> Profile:
    """Return the profile of a table whose columns are not known: what may be meant, and nothing of its rows."""
    name = Path(source).name if isinstance(source, (str, Path)) else "table"
    return Profile(name, 0, 0, proposals=[p for p in problem.likely if isinstance(p, Proposal)], fault=str(problem))


def make_profile(
    table: pd.DataFrame, points: Points, raws: Sequence[tuple[str, Any]], ledger: Ledger, language: str = "en"
) -> Profile:
    """Return the profile of rows that were read, their points, and what stood in the used columns of each part."""
    lon, lat, alive, placed = points.lon, points.lat, ledger.alive, points.known
    sensitive = is_sensitive(table["category"])
    open_places = alive & placed & ~sensitive
    bins = int(np.clip(np.sqrt(open_places.sum() / 5), 6, _MOST_BINS))
    squares, bounds = _squares(lon[open_places], lat[open_places], bins)
    kinds, others = _kinds(table["category"], placed)
    times = pd.Series(table["time"].to_numpy()[alive]).dropna().sort_values(ignore_index=True)
    return Profile(
        source=ledger.source,
        read=ledger.read,
        kept=ledger.kept,
        first=f"{times.iloc[0]:%Y-%m-%d %H:%M}" if len(times) else "",
        last=f"{times.iloc[-1]:%Y-%m-%d %H:%M}" if len(times) else "",
        months=_months(times),
        gaps=_gaps(times),
        placed=float(placed.mean()) if len(placed) else 0.0,
        kinds=kinds,
        further_kinds=others[0],
        further_rows=others[1],
        further_placed=others[2],
        squares=squares,
        bins=bins,
        bounds=bounds,
        hidden=int((alive & placed & sensitive).sum()),
        aside=_asides(ledger, raws, table["category"], sensitive, language),
        notes=[
            (e.action, sentence(e, language), _detail(e, language)) for e in ledger.entries if e.action != "set_aside"
        ],
    )


def is_sensitive(category: pd.Series) -> Bools:
    """Say which rows are of a kind whose place is never shown, by the words and by the shipped tables of kinds."""
    words = category.astype("category")
    names = pd.Series(words.cat.categories, dtype="str")
    hit = names.str.contains(_SENSITIVE).to_numpy(bool, copy=True)
    for table in SHIPPED:
        hit |= map_kinds(names, table)["sensitive"].fillna(False).to_numpy(bool)
    return np.append(hit, False)[words.cat.codes.to_numpy()]


def mask(text: str) -> str:
    """Return a text with what looks like the number, plate, address or mail of a person taken out.

    Examples
    --------
    >>> mask("The first: 45012319900101123X (row 4).")
    'The first: [removed] (row 4).'
    """
    return PERSONAL.sub("[removed]", text)


def _detail(entry: Entry, language: str) -> str:
    """Return what a remark says beside its sentence; of remarks on values only how many rows."""
    words = load_words(language)
    if entry.code not in _TOLD:
        return say(words, "note_detail_rows", rows=entry.rows) if entry.rows else ""
    said = str(worded(entry.detail, words))
    return re.sub(r"-?\d{1,3}\.\d{4,}", lambda m: f"{float(m.group()):.2f}", mask(said))


def _months(times: pd.Series) -> list[tuple[str, int]]:
    if not len(times):
        return []
    counts = times.dt.to_period("M").value_counts()
    whole = pd.period_range(counts.index.min(), counts.index.max(), freq="M")
    return [(str(month), int(counts.get(month, 0))) for month in whole[-120:]]


def _gaps(times: pd.Series) -> list[tuple[str, str, int]]:
    """Return the longest silences: of two days and more, and ten times what lies between two records as a rule."""
    if len(times) < 10:
        return []
    between = times.diff().dropna()
    limit = max(pd.Timedelta(days=2), 10 * between.quantile(0.9))
    longest = between[between > limit].nlargest(5)
    return [(f"{times[i - 1]:%Y-%m-%d}", f"{times[i]:%Y-%m-%d}", int(gap.days)) for i, gap in longest.items()]


def _kinds(category: pd.Series, placed: Bools) -> tuple[list[tuple[str, int, float]], tuple[int, int, float]]:
    """Return the kinds of many rows, and of all others how many they are, their rows and the share with a place."""
    groups = pd.Series(placed).groupby(category.to_numpy())
    table = pd.DataFrame({"rows": groups.size(), "placed": groups.mean()}).sort_values("rows", ascending=False)
    often = table[table["rows"] >= _KIND_ROWS].head(_WIDE)
    others = table.drop(index=often.index)
    placed_rows = float((others["rows"] * others["placed"]).sum())
    rows = [(mask(str(n))[:80], int(r), float(p)) for n, r, p in often.itertuples()]
    return rows, (len(others), int(others["rows"].sum()), placed_rows / max(int(others["rows"].sum()), 1))


def _squares(
    lon: Any, lat: Any, bins: int
) -> tuple[list[tuple[int, int, int]], tuple[float, float, float, float] | None]:
    """Return counts on a coarse grid of the middle 98 % of the rows; squares of one or two rows are left white."""
    if not len(lon):
        return [], None
    (west, east), (south, north) = (np.quantile(v, [0.01, 0.99]) for v in (lon, lat))
    if east - west < 1e-3 or north - south < 1e-3:
        west, east, south, north = west - 0.01, east + 0.01, south - 0.01, north + 0.01
    counts, _, _ = np.histogram2d(lon, lat, bins=bins, range=[[west, east], [south, north]])
    at = np.argwhere(counts >= _FEWEST)
    return [(int(i), int(bins - 1 - j), int(counts[i, j])) for i, j in at], (west, south, east, north)


def _asides(ledger: Ledger, raws: Any, category: pd.Series, sensitive: Bools, language: str) -> list[Aside]:
    reasons: dict[str, list[Entry]] = {}
    for entry in ledger.entries:
        if entry.action == "set_aside":
            reasons.setdefault(entry.code, []).append(entry)
    often = category.value_counts()
    shown = set(often[often >= _KIND_ROWS].index)
    found = []
    for code, entries in sorted(reasons.items(), key=lambda item: -sum(e.rows for e in item[1])):
        examples = [ex for e in entries for ex in _examples(e, ledger, raws, shown, sensitive)][:3]
        found.append(
            Aside(
                code,
                sum(e.rows for e in entries),
                sentence(entries[0], language),
                mending(entries[0], language),
                examples,
            )
        )
    return found


def _examples(entry: Entry, ledger: Ledger, raws: Any, shown: set[str], sensitive: Bools) -> list[dict[str, str]]:
    """Return the first rows of an entry as they stood in the fields that are used."""
    start, found = 0, []
    for name, raw in raws:
        own = ledger.rows[start : start + len(raw)]
        if len(raws) == 1 or name == entry.source:
            places = [at for at in own.get_indexer(list(entry.examples[:3])) if at >= 0]
            found += [{"row": str(own[at]), **_fields(raw.iloc[at], shown, sensitive[start + at])} for at in places]
        start += len(raw)
    return found[:3]


def _fields(row: pd.Series, shown: set[str], hidden: bool) -> dict[str, str]:
    """Return the used fields of a row: times and coordinates by their shape, categories that many rows have."""
    known = {str(name): str(value) for name, value in row.items() if pd.notna(value)}
    fields = {name: shape(known[name]) for name in _TIMES if name in known}
    if "category" in known:
        fields["category"] = mask(known["category"])[:40] if known["category"].strip() in shown else "[rare]"
    return fields | {name: "[hidden]" if hidden else shape(known[name]) for name in _PLACE if name in known}


def shape(text: str) -> str:
    """Return a value of a time or coordinate with its words made unreadable; figures and signs stay.

    Examples
    --------
    >>> shape("2024-03-05 11:40 PM"), shape("see Mrs Smith, 3 p.m.")
    ('2024-03-05 11:40 PM', 'xxx xxx xxxxx, 3 x.x.')
    """
    plain = _WORDS.sub(lambda m: m.group() if _OF_TIME.fullmatch(m.group()) else "x" * len(m.group()), mask(text)[:40])
    return plain.replace("[xxxxxxx]", "[removed]")


def write_profile(profile: Profile, path: str | Path, language: str = "en") -> Path:
    """Write the page; every text passes autoescape."""
    from importlib.resources import files

    from jinja2 import Environment

    text = files("patrolgeo.sources").joinpath("profile.html").read_text(encoding="utf-8")
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)
    most = max((rows for *_, rows in profile.squares), default=1)
    tallest = max((rows for _, rows in profile.months), default=1)
    words = load_words(language)
    shown = {"p": profile, "most": most, "tallest": max(tallest, 1), "least": _KIND_ROWS, "wide": _WIDE}
    return write_text(
        path,
        page.render(
            **shown,
            language=language,
            action_words=words,
            w=lambda key, **values: say(words, f"profile_{key}", **values),
        ),
    )
