"""The report put together: the page one, then the sections in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Unpack

from patrolgeo.files import write_text
from patrolgeo.pages import release
from patrolgeo.pages.blocks import Block, Section, as_image
from patrolgeo.pages.caveats import caveats
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.findings import Findings, Older, given
from patrolgeo.pages.report import (
    areas,
    bears,
    blind,
    cameras,
    checkpoints,
    delivered,
    events,
    first_page,
    forecast,
    glance,
    hotspots,
    links,
    posts,
    problems,
    reading,
    response,
    rings,
    rising,
    routes,
    since,
    sites,
    staffing,
    strength,
    tables,
    weak,
)  # fmt: skip
from patrolgeo.pages.templating import render, source
from patrolgeo.words.messages import say

# heading (a key of the words) and what stands below it
SECTIONS: tuple[tuple[str, Callable[[Findings, Mapping[str, str]], list[Block]]], ...] = (
    ("at_a_glance", glance.blocks),
    ("in_short", first_page.blocks),
    ("area_table", tables.area_blocks),
    ("post_table", tables.post_blocks),
    ("was_found", hotspots.blocks),
    ("what_problems", problems.blocks),
    ("rising", rising.blocks),
    ("what_since", since.blocks),
    ("how_it_went", delivered.blocks),
    ("what_strength", strength.blocks),
    ("what_staffing", staffing.blocks),
    ("what_events", events.blocks),
    ("what_sites", sites.blocks),
    ("what_posts", posts.blocks),
    ("what_routes", routes.blocks),
    ("what_blind", blind.blocks),
    ("what_response", response.blocks),
    ("what_weak_links", links.blocks),
    ("what_checkpoints", checkpoints.blocks),
    ("what_rings", rings.blocks),
    ("what_cameras", cameras.blocks),
    ("who_bears", bears.blocks),
    ("what_weak", weak.blocks),
    ("was_read", reading.blocks),
    ("how_areas", areas.blocks),
    ("how_good", forecast.blocks),
)


def write_report(
    path: str | Path,
    found: Findings | Mapping[str, Any] | None = None,
    edition: Edition | None = None,
    **older: Unpack[Older],
) -> Path:
    """Write the report of a plan as one HTML file that opens without internet.

    Plain sentences, each from a number in the summary; a section whose numbers are missing is left out. What can
    mislead stands on page one. The same input gives the same bytes.

    Parameters
    ----------
    path
        The file to write; it is whole or not there.
    found
        The results, as `Findings` or as the content of ``summary.json`` alone.
    edition
        Title, language, audience and the like. A public report leaves out what `patrolgeo.pages.release.public` does.
    **older
        The fields of `Edition` and `Findings` one by one, as keywords: ``title="…"`` stands for ``Edition("…")``.

    Returns
    -------
    The path.

    Raises
    ------
    DataError
        When language, audience or own words are not known, or a figure is neither SVG nor the data URL of an image.
    TypeError
        When a keyword is not known, or there is no title.

    Examples
    --------
    >>> import tempfile
    >>> summary = {"incidents": {"read": 10, "kept": 9, "set_aside": {"no place": 1}}}
    >>> path = write_report(tempfile.mkdtemp() + "/report.html", summary, Edition("Longhe"))
    >>> page = path.read_text("utf-8")
    >>> "no ground for stopping" in page, "9 of 10 rows (90%)" in page
    (True, True)
    """
    found, edition = given(found, edition, older)
    if edition.audience == "public":
        found = release.public(found)
    words = edition.table
    made = [Section(words[heading], blocks(found, words)) for heading, blocks in SECTIONS]
    figures = [Section(heading, [as_image(figure)]) for heading, figure in (found.figures or {}).items()]
    page = render(
        "report.html",
        edition=edition,
        words=words,
        heading=words["report"],
        span=say(words, "data_span", first=found.data_span[0], last=found.data_span[1]) if found.data_span else "",
        first_page=caveats(found, edition) if found.sentences is None else found.sentences,
        sections=[*made, *figures],
        style=source("report.css"),
    )
    return write_text(path, page)
