"""A finished plan as sheets of paper: one PDF with an index, a sheet for each area and shift, one for each force."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import shapely
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from patrolgeo._checks import check_choice
from patrolgeo.charts._paper import fonts
from patrolgeo.errors import DataError
from patrolgeo.files import whole_file
from patrolgeo.pages.sheets import said
from patrolgeo.pages.sheets.ground import Mark, draw_ground, frame_of
from patrolgeo.pages.sheets.paper import MM, SIZES, Line, flow, set_column, warn_without_chinese, wrap, write
from patrolgeo.pages.sheets.printed import Printed, Shift, read_printed
from patrolgeo.words.messages import say

PAPERS = {"A4": (210.0, 297.0), "A3": (297.0, 420.0)}  # mm
EDGE, HEAD, FOOT, GAP = 12.0, 16.0, 12.0, 4.0
MAP = {"A4": 0.5, "A3": 0.64}  # of the height between head and foot
COLUMNS = {"A4": 2, "A3": 3}


@dataclass(frozen=True)
class _Sheet:
    """A page: its heading, the map or None on a page that continues, and its columns."""

    title: str
    area: int | None
    marks: Sequence[Mark]
    columns: Sequence[Sequence[Line]]
    mapped: bool = True


def print_sheets(
    plan: str | Path, out: str | Path, *, paper: str = "A4", language: str | None = None, day: str | None = None
) -> Path:
    """What does everybody take along? An index sheet, a sheet an area and shift, and one a kind of force, as one PDF.

    Drawn in black and grey; text can be searched. Each sheet has the streets and names of its area, its border as it is
    spoken, posts, checkpoints with their grade, stops with their times, expected minutes, the hours of its hot spots,
    its neighbours with room for telephone numbers, why it is there, north, scale and validity. What does not fit a
    page goes on on the next; nothing is left out.

    Parameters
    ----------
    plan
        The folder of a finished plan, as `run_plan` or ``patrolgeo plan`` leaves it.
    out
        The PDF to write; it is whole or not there.
    paper
        "A4" or "A3".
    language
        "en" or "zh"; by default that of the plan. Texts that the plan wrote, such as borders, stay as they are.
    day
        Whose stops are printed, as ``2024-12-30``; by default those of the first day.

    Returns
    -------
    The path.

    Raises
    ------
    MissingFileError
        When the folder holds no finished plan.
    DataError
        When a file of it cannot be read, the plan has no areas or no stops on `day`, or an option is not known.

    Notes
    -----
    Chinese is written in the first font of the system that has it; without one there is one warning. Fonts are put
    into the PDF as far as their signs are used; none comes with this package.

    Examples
    --------
    >>> from patrolgeo import print_sheets
    >>> print_sheets("out", "sheets.pdf")
    Traceback (most recent call last):
        ...
    patrolgeo.errors.MissingFileError: out holds no finished plan: manifest.json is missing. Make one with: ...
    """
    check_choice(paper, PAPERS, "paper")
    printed = read_printed(Path(plan), language)
    _check_day(printed, day)
    sheets = _sheets(printed, paper, day)
    warn_without_chinese("".join(line.text for sheet in sheets for column in sheet.columns for line in column))
    look: Any = {"font.family": fonts(), "pdf.fonttype": 3, "hatch.linewidth": 0.4}
    with mpl.rc_context(look), whole_file(out) as path, PdfPages(path, metadata=_about(printed)) as pdf:
        for n, sheet in enumerate(sheets, start=1):
            figure = Figure(figsize=(PAPERS[paper][0] * MM, PAPERS[paper][1] * MM))
            _draw(figure, sheet, printed, paper, say(printed.edition.table, "sheet_page", n=n, of=len(sheets)))
            figure.savefig(pdf, format="pdf")
    return Path(out)


def _about(printed: Printed) -> dict[str, str | None]:
    return {"Title": printed.edition.title, "Creator": "patrolgeo", "CreationDate": None}  # same input, same bytes


def _check_day(printed: Printed, day: str | None) -> None:
    stops = printed.layer("stops")
    days = [] if stops is None else sorted(set(stops["day"].astype(str)))
    if day is not None and day not in days:
        raise DataError(f"day={day!r}: the plan has no stops on that day; its days are: {', '.join(days) or 'none'}.")


def _sheets(printed: Printed, paper: str, day: str | None) -> list[_Sheet]:
    """Return all pages in their order; the index is laid out last, when it is known which page is where."""
    words = printed.edition.table
    sheets: list[_Sheet] = []
    at: dict[tuple[int, Shift], int] = {}
    areas = printed.layers["areas"]
    length = len(_index(printed, paper, dict.fromkeys(((a, s) for a in areas["area"] for s in printed.shifts), 999)))
    for row in areas.drop(columns="geometry").to_dict("records"):
        for shift in printed.shifts:
            at[row["area"], shift] = length + len(sheets) + 1
            title = f"{say(words, 'sheet_index_area', n=row['area'], name=said.called(row, words))} · "
            lines = said.area_lines(printed, row["area"], shift, day)
            marks = said.marks_of(printed, row["area"], shift, day)
            sheets += _paged(title + said.shift_name(shift, words), row["area"], marks, lines, paper)
    for force in said.forces(printed):
        title = say(words, "sheet_force_title", force=words.get(f"force_{force}", force))
        lines = said.force_lines(printed, force)
        sheets += _paged(title, None, said.force_marks(printed, force), lines, paper)
    return [*_index(printed, paper, at), *sheets]


def _index(printed: Printed, paper: str, at: dict[tuple[int, Shift], int]) -> list[_Sheet]:
    title, lines = printed.edition.table["sheet_index"], said.index_lines(printed, at)
    return list(_paged(title, None, [], lines, paper))


def _paged(title: str, area: int | None, marks: Sequence[Mark], lines: list[Line], paper: str) -> Iterator[_Sheet]:
    """Yield a page with the map, and as many more as the text needs."""
    wide, high = PAPERS[paper]
    n = COLUMNS[paper]
    inner = high - 2 * EDGE - HEAD - FOOT
    column = (wide - 2 * EDGE - (n - 1) * GAP) / n
    columns = flow(lines, column, inner * (1 - MAP[paper]) - GAP)
    yield _Sheet(title, area, marks, columns[:n])
    if len(columns) > n:
        done = sum(map(len, columns[:n]))
        rest = [line for some in columns for line in some][done:]
        full = flow(rest, column + 1, inner)
        for i in range(0, len(full), n):
            yield _Sheet(title, area, (), full[i : i + n], mapped=False)


def _draw(figure: Figure, sheet: _Sheet, printed: Printed, paper: str, page: str) -> None:
    wide, high = PAPERS[paper]
    scale = ""
    top = EDGE + HEAD
    if sheet.mapped:
        areas = printed.layers["areas"]
        shown = areas if sheet.area is None else areas[areas["area"] == sheet.area]
        inner = (high - 2 * EDGE - HEAD - FOOT) * MAP[paper]
        frame = frame_of(shapely.union_all(shown.geometry.to_numpy()), EDGE, top, wide - 2 * EDGE, inner)
        draw_ground(figure, frame, printed, sheet.area, sheet.marks)
        scale, top = f"1:{frame.scale:,.0f}", top + inner + GAP
    n = COLUMNS[paper]
    step = (wide - 2 * EDGE - (n - 1) * GAP) / n + GAP
    for i, column in enumerate(sheet.columns):
        set_column(figure, column, EDGE + i * step, top)
    _head(figure, sheet, printed, wide)
    _foot(figure, printed, wide, high, page, scale)


def _head(figure: Figure, sheet: _Sheet, printed: Printed, wide: float) -> None:
    edition = printed.edition
    marks = " · ".join(edition.marks)
    write(figure, edition.title, EDGE, EDGE + 2, SIZES["text"])
    write(figure, marks, wide - EDGE, EDGE + 2, SIZES["text"], bold=True, ha="right")
    title = wrap(sheet.title, (wide - 2 * EDGE) * 0.94, SIZES["title"])[0]
    write(figure, title, EDGE, EDGE + 10, SIZES["title"], bold=True)


def _foot(figure: Figure, printed: Printed, wide: float, high: float, page: str, scale: str) -> None:
    words, edition = printed.edition.table, printed.edition
    told = [say(words, "map_made", date=edition.made)]
    told += [say(words, "sheet_valid", date=edition.valid_until)] if edition.valid_until else []
    told += [say(words, "sheet_scale", scale=scale)] if scale else []
    told += [say(words, "sheet_plan", code=printed.code), page]
    foot = high - EDGE
    write(figure, words["no_ground"], EDGE, foot - 7, SIZES["text"], bold=True)
    write(figure, " · ".join(told), EDGE, foot - 3, SIZES["small"])
    write(figure, words["sheet_approval"], wide - EDGE, foot - 3, SIZES["small"], ha="right")
    if edition.attribution:
        write(figure, edition.attribution, EDGE, foot + 0.5, SIZES["small"])
