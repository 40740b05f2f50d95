"""The gallery: scripts of docs/gallery, each run once for its picture and shown with its code.

A script's docstring is the title, a blank line, and what to see. What it draws last with matplotlib is its picture;
a folium map named `m` is shown as a map that opens without internet.
"""

import ast
import hashlib
import io
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from staged import Stage

import patrolgeo as pg

SECTIONS = {
    "cells": "Cells, people and counts",
    "when": "When",
    "where": "Where, beyond what people explain",
    "next": "What comes next",
    "areas": "Patrol areas",
    "sites": "Posts, checkpoints and roads",
    "people": "Units, routes and shifts",
    "worked": "Warnings, trials and who bears it",
}
HEAD = """# Gallery

{count} pictures, each with the lines that made it. All are of the **synthetic** sample county or of drawn numbers.
Each runs as it stands, in a folder in which the sample county can be found ([start](../start/five-minutes.md)).
"""


def write(stage: Stage, root: Path, kept: Path | None) -> None:
    """Write a page for each script and the page of all pictures."""
    scripts = sorted((root / "docs" / "gallery").rglob("*.py"))
    for script in scripts:
        drawn = draw(script, root, kept / "gallery") if kept else {}
        for name, content in drawn.items():
            if name.endswith(".html"):
                stage.beside[f"docs/gallery/{script.parent.name}/maps/{name}"] = content
            else:
                stage.bytes(f"docs/gallery/{script.parent.name}/{name}", content)
        stage.text(f"docs/gallery/{script.parent.name}/{script.stem}.md", page(script, set(drawn)))
    stage.text("docs/gallery/index.md", index(scripts, with_pictures=kept is not None))


def draw(script: Path, root: Path, kept: Path) -> dict[str, bytes]:
    """Return the files that a script draws, by name; kept ones when neither the script nor the library changed."""
    key = hashlib.sha256(script.read_bytes() + library(root)).hexdigest()[:24]
    found = {path.name.split("-", 1)[1]: path.read_bytes() for path in kept.glob(f"{key}-*")}
    if not found:
        found = run(script)
        kept.mkdir(parents=True, exist_ok=True)
        for name, content in found.items():
            (kept / f"{key}-{name}").write_bytes(content)
    return found


@cache
def library(root: Path) -> bytes:
    """Return a hash of the library and of the sample county: when it changes, all is drawn anew."""
    files = [*(root / "src" / "patrolgeo").rglob("*.py"), *(root / "data" / "samples").rglob("*.*")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files) if path.is_file())).digest()


def run(script: Path) -> dict[str, bytes]:
    """Run a script and return its picture, and its map where it has one."""
    plt.close("all")
    names: dict[str, Any] = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pg.PatrolgeoWarning)  # what the ledger says of the sample's planted dirt
        exec(compile(script.read_text(encoding="utf-8"), str(script), "exec"), names)  # noqa: S102
    if "m" in names:
        return {f"{script.stem}.html": map_page(names["m"])}
    with io.BytesIO() as picture:
        plt.gcf().savefig(picture, dpi=110, bbox_inches="tight", metadata={"Software": None})
        return {f"{script.stem}.png": picture.getvalue()}


def map_page(m: Any) -> bytes:
    """Return a folium map as one page that asks nothing of the network."""
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        return pg.save_html(m, Path(scratch) / "map.html").read_bytes()


def told(script: Path) -> tuple[str, str, str]:
    """Return title, text and code of a script."""
    text = script.read_text(encoding="utf-8")
    tree = ast.parse(text)
    title, _, says = (ast.get_docstring(tree) or "").partition("\n")
    code = "".join(text.splitlines(keepends=True)[tree.body[0].end_lineno :]).strip()
    return title.rstrip("."), says.strip(), code


def page(script: Path, drawn: set[str]) -> str:
    """Return the page of a script."""
    title, says, code = told(script)
    parts = [f"# {title}", says]
    for name in sorted(drawn):
        if name.endswith(".png"):
            parts.append(f"![{title}]({name})")
        else:
            parts.append(f'<iframe class="map" src="maps/{name}" title="{title}"></iframe>')
    return "\n\n".join([*parts, f"```python\n{code}\n```", ""])


def index(scripts: list[Path], *, with_pictures: bool) -> str:
    """Return the page of all pictures: a card each, by section."""
    parts = [HEAD.format(count=len(scripts))]
    for folder, heading in SECTIONS.items():
        of_section = [script for script in scripts if script.parent.name == folder]
        cards = "\n".join(card(script, with_pictures=with_pictures) for script in of_section)
        parts.append(f"## {heading}\n\n::::{{grid}} 1 2 2 3\n:gutter: 3\n\n{cards}\n::::")
        names = "\n".join(f"{folder}/{script.stem}" for script in of_section)
        parts.append(f"```{{toctree}}\n:hidden:\n:caption: {heading}\n\n{names}\n```")
    return "\n\n".join([*parts, ""])


def card(script: Path, *, with_pictures: bool) -> str:
    """Return the card of a script."""
    place = f"{script.parent.name}/{script.stem}"
    has_map = "map_cells(" in script.read_text(encoding="utf-8") or "map_plan(" in script.read_text(encoding="utf-8")
    picture = f":img-top: {place}.png\n:img-alt: {told(script)[0]}\n" if with_pictures and not has_map else ""
    return f":::{{grid-item-card}} {told(script)[0]}\n:link: {place}\n:link-type: doc\n{picture}:::\n"
