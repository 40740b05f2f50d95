"""Text of users made safe: what a file, a place or a person wrote passes here before it reaches a page or a map."""

import re
from html import escape as _escape
from typing import Any

# C0 and C1 controls but tab and line ends, line separators, marks that turn the reading direction, halves of pairs, and
# code points that are not characters: they hide or turn what is read, or break the file that holds them
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(chr(plane * 0x10000 + 0xFFFE) + chr(plane * 0x10000 + 0xFFFF) for plane in range(1, 17))
    + "]"
)
# folium renders what it is given as a Jinja template, twice, and puts it between backticks of a script
_SIGNS = {ord(sign): f"&#{ord(sign)};" for sign in "{}$`\\"}


def printable(text: Any) -> str:
    """Return a text in which every control character is replaced by U+FFFD; all others stay as written.

    Examples
    --------
    >>> printable("gate\\x00 7")
    'gate\ufffd 7'
    """
    return _UNPRINTABLE.sub("\ufffd", str(text))


def escape(text: Any) -> str:
    """Return a text as HTML that shows it as written, wherever it stands.

    It may stand between tags, in a quoted attribute, in a Jinja template (folium makes one of everything) and between
    the backticks of a script that hands it on as HTML. Control characters are replaced.

    Examples
    --------
    >>> escape("<b>{{ 7 * 7 }}")
    '&lt;b&gt;&#123;&#123; 7 * 7 &#125;&#125;'
    """
    return _escape(printable(text)).translate(_SIGNS)
