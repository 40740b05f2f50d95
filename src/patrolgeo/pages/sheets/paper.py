"""Lines of text on paper: wrapped by the true width of their signs, set in columns, with fonts of the system."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from matplotlib import font_manager
from matplotlib.figure import Figure

from patrolgeo.charts._paper import fonts
from patrolgeo.escape import printable

MM = 1 / 25.4
POINT = 25.4 / 72  # mm
WIDE = 0x2E7F  # signs beyond are Chinese: a line may end after any of them
SIZES = {"text": 7.5, "head": 8.5, "title": 14.0, "small": 6.5}  # points
LEADING = 1.32
CLINGS = "，。；：、）”！？,;:.)"  # never begin a line
_CHINESE = ("\u4e00", "\u9fff")


@dataclass(frozen=True)
class Line:
    """One paragraph of a sheet: what it says, and as what: "head", "text" or "small"."""

    text: str
    kind: str = "text"


@cache
def _faces() -> list[Any]:
    return [font_manager.get_font(font_manager.findfont(name)) for name in fonts()]


@cache
def _em(sign: str) -> float:
    """Return the width of a sign, as a share of the size of its font; of the first font that has it."""
    for face in _faces():
        if face.get_char_index(ord(sign)):
            face.set_size(100, 72)
            return float(face.load_char(ord(sign)).linearHoriAdvance / 65536 / 100)
    return 1.0


def width(text: str, size: float) -> float:
    """Return the width of a text in mm; the bold one of a heading is a little wider."""
    return sum(map(_em, text)) * size * POINT


def wrap(text: str, most: float, size: float) -> list[str]:
    """Return the lines of a text that are at most so many mm wide; words stay whole where they fit a line."""
    lines: list[str] = []
    line, used = "", 0.0
    for word in _words(printable(text)):
        long = width(word, size)
        if used + long > most and line:
            lines, line, used = [*lines, line.rstrip()], "", 0.0
            word = word.lstrip()  # noqa: PLW2901
            long = width(word, size)
        for sign in word if long > most else (word,):  # longer than a line: parted anywhere
            wide = width(sign, size)
            if used + wide > most and line:
                lines, line, used = [*lines, line], "", 0.0
            line, used = line + sign, used + wide
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _words(text: str) -> Iterable[str]:
    """Yield pieces that stay on one line, each with the space before it."""
    word = ""
    for sign in text.replace("\n", " "):
        if word and (sign == " " or ord(sign) > WIDE or ord(word[-1]) > WIDE) and sign not in CLINGS:
            yield word
            word = ""
        word += sign
    yield word


def flow(lines: Iterable[Line], wide: float, high: float) -> list[list[Line]]:
    """Return the lines wrapped and put into columns of a size in mm; a heading never ends one."""
    columns: list[list[Line]] = [[]]
    left = high
    for line in lines:
        size = SIZES[line.kind]
        parts = [Line(text, line.kind) for text in wrap(line.text, wide, size * (1.08 if line.kind == "head" else 1))]
        step = size * POINT * LEADING
        room = step * len(parts) if line.kind != "head" else step * len(parts) + 2 * SIZES["text"] * POINT * LEADING
        if room > left and (line.kind == "head" or left < 2 * step) and columns[-1]:
            columns, left = [*columns, []], high
        for part in parts:
            if step > left:
                columns, left = [*columns, []], high
            columns[-1].append(part)
            left -= step
    return columns


def set_column(figure: Figure, lines: Iterable[Line], left: float, top: float) -> None:
    """Write lines that were wrapped, below each other from a corner in mm from the top left of the paper."""
    for line in lines:
        size = SIZES[line.kind]
        top += size * POINT * LEADING
        write(figure, line.text, left, top, size, bold=line.kind == "head")


def write(figure: Figure, text: str, left: float, down: float, size: float, **look: Any) -> None:
    """Write one line as it is (no mathematics in it), its foot `down` mm below the upper edge."""
    wide, high = figure.get_size_inches() / MM
    weight = "bold" if look.pop("bold", False) else "normal"
    figure.text(left / wide, 1 - down / high, printable(text), size=size, weight=weight, parse_math=False, **look)


def warn_without_chinese(text: str) -> None:
    """Warn once when Chinese is to be printed and no font of the system has it."""
    if any(_CHINESE[0] <= sign <= _CHINESE[1] for sign in text) and len(fonts()) == 1:
        warnings.warn(
            "No font with Chinese signs was found, so they print as boxes. Install one, for example the package "
            "fonts-noto-cjk (Debian, Ubuntu) or google-noto-sans-cjk-fonts (Fedora); nothing else is to be set.",
            stacklevel=4,
        )
