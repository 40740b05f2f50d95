"""The page of benchmarks: tables of benchmarks/results, made when the site is built, so that they are never old."""

import ast
import json
from pathlib import Path
from typing import Any

from staged import Stage

ROWS, COLUMNS, NUMBERS = 30, 9, 60
HEAD = """# Benchmarks

What each script of `benchmarks/` wrote when it was last run, as it stands in `benchmarks/results`. Seconds are CPU
seconds of a shared machine with two cores: compare ratios, not times. The pages on methods say what the numbers mean,
and which are older than the code.
"""


def write(stage: Stage, root: Path) -> None:
    """Write the page, a section a file of results."""
    files = sorted((root / "benchmarks" / "results").glob("*.json"))
    stage.text("docs/evidence/benchmarks.md", "\n".join([HEAD, *(section(file, root) for file in files)]))


def section(file: Path, root: Path) -> str:
    """Return the section of a file: what it measures, the command, its tables."""
    results = json.loads(file.read_text(encoding="utf-8"))
    script = root / "benchmarks" / f"{file.stem}.py"
    says = (ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or "").split("\n\n")[0]
    command = results.pop("command", f"python benchmarks/{file.stem}.py")
    plain = {key: value for key, value in results.items() if not isinstance(value, dict | list)}
    parts = [f"## {file.stem.replace('_', ' ')}", says, f"`{command}`", *([pairs(plain)] if plain else [])]
    for key, value in results.items():
        if key not in plain:
            parts += [f"**{key}**", table(value)]
    return "\n\n".join([*parts, ""])


def table(value: Any) -> str:
    """Return a table of a part: a row an entry where entries are alike, else a row a number."""
    if isinstance(value, list):
        value = {str(k): entry for k, entry in enumerate(value, start=1)}
    rows = {key: flat(entry) for key, entry in value.items()}
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    if len(rows) < 2 or columns == [""] or len(columns) > COLUMNS:
        return pairs(flat(value))
    shown = list(rows.items())[:ROWS]
    head = f"| | {' | '.join(columns)} |\n|{' --- |' * (len(columns) + 1)}"
    lines = [f"| {key} | {' | '.join(number(row.get(column, '')) for column in columns)} |" for key, row in shown]
    return "\n".join([head, *lines]) + rest(len(rows), len(shown))


def pairs(numbers: dict[str, Any]) -> str:
    """Return numbers as rows of two fields."""
    shown = list(numbers.items())[:NUMBERS]
    lines = [f"| {key} | {number(value)} |" for key, value in shown]
    return "\n".join(["| | |\n| --- | --- |", *lines]) + rest(len(numbers), len(shown))


def rest(there: int, shown: int) -> str:
    """Return the sentence on what is left to the file."""
    return f"\n\n{there - shown:,} more rows stand in the file." if there > shown else ""


def flat(value: Any) -> dict[str, Any]:
    """Return nested numbers by a name that tells the way to them; lists stay as they are."""
    if not isinstance(value, dict):
        return {"": value}
    parts = [(key, flat(entry)) for key, entry in value.items()]
    return {f"{key} {name}".strip(): entry for key, inner in parts for name, entry in inner.items()}


def number(value: Any) -> str:
    """Return a value as a reader wants it: four digits that count."""
    if isinstance(value, list):
        text = ", ".join(number(entry) if not isinstance(entry, dict) else "…" for entry in value[:8])
        return text + (", …" if len(value) > 8 else "")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value).replace("|", "\\|").replace("<", "&lt;")
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
