"""Write docs/plan-file.md and docs/trial-file.md, the pages of every key of these files, from `patrolgeo.config`."""

from __future__ import annotations

import json
import types
import typing
from dataclasses import MISSING, Field
from pathlib import Path
from typing import Annotated, Any

from patrolgeo.config.plan import Plan
from patrolgeo.config.presets import PRESETS
from patrolgeo.config.source import Incidents, Points, Polygons, Records, Source, Table
from patrolgeo.config.trial import Trial
from patrolgeo.config.wishes import GONE, WORDS, table_of
from patrolgeo.toml_tables import Range, keys_of

PAGE = Path(__file__).parents[1] / "docs" / "plan-file.md"
TOP = """# Every key of a plan file

Made from the code by `python .ci/plan_file.py`; what stands here is what a run takes.
`patrolgeo new DIR` writes a first plan file, with comments, from the files in a folder;
`patrolgeo check plan.toml` tells what a run would read, `patrolgeo plan plan.toml --out out` runs it
([what a run leaves behind](plan-run.md)). [`data/samples/county/plan.toml`](../data/samples/county/plan.toml) uses
nearly all of it.

Paths are relative to the plan file. `${NAME}` in a path is taken from the environment. A key that is not known, a value
of another type or out of its range, and a file that is not there are one sentence before the run starts; it names the
nearest key, and where a wish of another name is said. A key without a default must be there in a table that is there.
"""
TRIAL_PAGE = PAGE.with_name("trial-file.md")
TRIAL_TOP = """# Every key of a trial file

Made from the code by `python .ci/plan_file.py`; what stands here is what `patrolgeo trial TRIAL.toml --out DIR` takes
([did it work, and what did it cost](impact.md)). [`data/samples/county/trial.toml`](../data/samples/county/trial.toml)
is one to start from.

Paths are relative to the trial file. A key without a default must be there in a table that is there. `[incidents]` and
`[delivered]` are read as in a plan file, with [all its keys for files](plan-file.md#files); here stand those that
only the log of patrols takes. Double brackets: the table may stand several times.
"""
HEAD = "| key | what it does | type and range | default | example |\n| --- | --- | --- | --- | --- |\n"
KINDS = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path"}
SOURCES = {
    Source: "Every file takes",
    Points: "Files of points take too",
    Polygons: "Layers of polygons take too",
    Records: "Incidents and calls take too",
    Incidents: "Incidents alone take too",
}


def page() -> str:
    """Return the whole page."""
    hints = typing.get_type_hints(Plan, include_extras=True)
    tables = {name: (f, table_of(hints[f.name])) for name, f in keys_of(Plan).items()}
    top = [row(name, f, hints[f.name]) for name, (f, kind) in tables.items() if kind is None]
    files = {name: (f, kind) for name, (f, kind) in tables.items() if kind is not None and issubclass(kind, Source)}
    wishes = {name: (f, kind) for name, (f, kind) in tables.items() if kind is not None and name not in files}
    parts = [TOP, "## At the top\n\n" + HEAD + "".join(top), files_part(files)]
    parts += [wish_part(name, f, kind) for name, (f, kind) in wishes.items()]
    return "\n".join([*parts, presets_part(), words_part(), gone_part()])


def trial_page() -> str:
    """Return the whole page of a trial file."""
    hints = typing.get_type_hints(Trial, include_extras=True)
    tables = {name: (f, table_of(hints[f.name])) for name, f in keys_of(Trial).items()}
    top = [row(name, f, hints[f.name]) for name, (f, kind) in tables.items() if kind is None]
    parts = [TRIAL_TOP, "## At the top\n\n" + HEAD + "".join(top)]
    return "\n".join([*parts, *(trial_part(name, f, kind) for name, (f, kind) in tables.items() if kind is not None)])


def trial_part(name: str, f: Field[Any], kind: Any) -> str:
    """Return one table of a trial file; of a file only the keys of its own kind."""
    hints = typing.get_type_hints(kind, include_extras=True)
    own = {k: v for k, v in keys_of(kind).items() if not issubclass(kind, Source) or v.name in kind.__annotations__}
    rows = "".join(row(key, known, hints[known.name]) for key, known in own.items())
    title = f"[[{name}]]" if f.default_factory is not MISSING else f"[{name}]"
    needed = "Required." if required(f) else "Optional."
    return f"## {title}\n\n{f.metadata['says']} {needed}\n\n{HEAD}{rows}"


def files_part(files: dict[str, tuple[Field[Any], Any]]) -> str:
    """Return the tables that name files, and the keys by kind of file."""
    rows = "".join(
        f"| `{'[[' if kind.several else '['}{name}{']]' if kind.several else ']'}` | {f.metadata['says']} | "
        f"{'required' if required(f) else 'optional'} | {of_kind(kind)} |\n"
        for name, (f, kind) in files.items()
    )
    text = f"## Files\n\n| table | what it holds | | kind |\n| --- | --- | --- | --- |\n{rows}\n"
    text += "Double brackets: the table may stand several times, each time with a file of its own.\n"
    own = {
        kind: [name for name, (_, k) in files.items() if k is kind]
        for kind in dict.fromkeys(k for _, k in files.values())
    }
    heads = SOURCES | {k: f"[{names[0]}] takes too" for k, names in own.items() if k not in SOURCES}
    for kind, title in heads.items():
        known = {name: f for name, f in keys_of(kind).items() if f.name in kind.__annotations__}
        if not known:
            continue
        hints = typing.get_type_hints(kind, include_extras=True)
        text += f"\n### {title}\n\n{HEAD}" + "".join(row(name, f, hints[f.name]) for name, f in known.items())
    return text


def of_kind(kind: Any) -> str:
    """Return the word for a kind of file."""
    kinds = {Records: "records", Points: "points", Polygons: "polygons", Table: "table"}
    return next((word for base, word in kinds.items() if issubclass(kind, base)), "lines")


def wish_part(name: str, f: Field[Any], kind: Any) -> str:
    """Return the table of one table of wishes."""
    hints = typing.get_type_hints(kind, include_extras=True)
    rows = "".join(
        row(key, known, hints[known.name]) for key, known in keys_of(kind).items() if not table_of(hints[known.name])
    )
    needed = "Required." if required(f) else "Optional."
    title = f"[[{name}]]" if typing.get_origin(typing.get_type_hints(Plan)[f.name]) is list else f"[{name}]"
    return f"## {title}\n\n{f.metadata['says']} {needed}\n\n{HEAD}{rows}{parts_of(name, kind)}"


def parts_of(name: str, kind: Any) -> str:
    """Return the tables within a table, such as [[posts.forces]]."""
    text = ""
    for key, f in keys_of(kind).items():
        if inner := table_of(typing.get_type_hints(kind)[f.name]):
            hints = typing.get_type_hints(inner, include_extras=True)
            rows = "".join(row(k, known, hints[known.name]) for k, known in keys_of(inner).items())
            text += f"\n### [[{name}.{key}]]\n\n{inner.__doc__}\n\n{HEAD}{rows}"
    return text


def row(name: str, f: Field[Any], hint: Any) -> str:
    """Return one key as a row of a Markdown table."""
    about = f.metadata
    cells = [
        f"`{name}`",
        about["says"],
        type_of(f, hint),
        default_of(f),
        f"`{name} = {about['example'] or value(default(f))}`",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def type_of(f: Field[Any], hint: Any) -> str:
    """Return the type of a key in words, with its range or its words."""
    if f.metadata.get("choices"):
        one = ", ".join(f'`"{word}"`' for word in f.metadata["choices"])
        return f"list of {one}" if "list" in str(hint) else one
    return told(hint)


def told(hint: Any) -> str:
    """Return a type in words."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return told(next(h for h in typing.get_args(hint) if h is not types.NoneType))
    if typing.get_origin(hint) is Annotated:
        kind, limits = typing.get_args(hint)
        return f"{KINDS[kind]}{range_of(limits)}"
    if typing.get_origin(hint) is list:
        return f"list of: {told(typing.get_args(hint)[0])}"
    if typing.get_origin(hint) is dict:
        inner = typing.get_args(hint)[1]
        return "table" if inner is Any else f"table of: {told(inner)}"
    return KINDS[hint]


def range_of(limits: Range) -> str:
    """Return a range in words."""
    words = {"at least": limits.least, "above": limits.above, "at most": limits.most, "below": limits.below}
    return "".join(f", {word} {limit:,.10g}" for word, limit in words.items() if limit is not None)


def required(f: Field[Any]) -> bool:
    """Return whether a key must be there."""
    return f.default is MISSING and f.default_factory is MISSING


def default(f: Field[Any]) -> Any:
    """Return the default of a key."""
    return f.default_factory() if f.default_factory is not MISSING else f.default


def default_of(f: Field[Any]) -> str:
    """Return the default as the page prints it."""
    if required(f):
        return "must be there"
    known = default(f)
    return "–" if f.metadata["example"] and known in (None, 0, {}) else f"`{value(known)}`"


def value(known: Any) -> str:
    """Return a value as TOML writes it."""
    return json.dumps(known, ensure_ascii=False)


def presets_part() -> str:
    """Return what the presets set."""
    rows = "".join(
        f"| `{name}` | `[{table}] {key}` | `{toml(said)}` |\n"
        for name, tables in PRESETS.items()
        for table, keys in tables.items()
        for key, said in keys.items()
    )
    return f"## Presets\n\nPlanning values, not a standard.\n\n| preset | sets | to |\n| --- | --- | --- |\n{rows}"


def toml(said: Any) -> str:
    """Return a value or an inline table."""
    if isinstance(said, dict):
        return "{" + ", ".join(f"{key} = {value(number)}" for key, number in said.items()) + "}"
    return value(said)


def words_part() -> str:
    """Return the wishes by other words."""
    rows = "".join(f"| {', '.join(words.split())} | `{key}` |\n" for key, words in WORDS.items())
    return f"## Other words for a wish\n\n| you may look for | say |\n| --- | --- |\n{rows}"


def gone_part() -> str:
    """Return what plan files of earlier versions have to change."""
    rows = "".join(f"| `[{table}] {key}` | {mend} |\n" for (table, key), mend in GONE.items())
    rows += "| `[checkpoints]` | needs `purpose`, `basis` and `valid_until`; say them. |\n"
    head = "They are read as they are, but for\n\n| key | what to change |\n| --- | --- |\n"
    return f"## Plan files of version 0.1\n\n{head}{rows}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    TRIAL_PAGE.write_text(trial_page(), encoding="utf-8")
