"""Pages that open without internet: Leaflet from the package `xstatic-leaflet`, written into the page itself."""

import base64
import re
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from patrolgeo.errors import DataError, PatrolgeoWarning
from patrolgeo.files import write_text

_SCRIPT = re.compile(r'<script\b[^>]*\bsrc="(?:https?:)?//[^"]*"[^>]*>\s*</script>')
_LINK = re.compile(r'<link\b[^>]*\bhref="(?:https?:)?//[^"]*"[^>]*>')
_RANDOM_ID = re.compile(r"[0-9a-f]{32}")


@cache
def leaflet() -> tuple[str, str]:
    """Return Leaflet's script and style sheet as text that needs no further file."""
    from xstatic.pkg import leaflet as package

    root = Path(package.BASE_DIR)
    script = (root / "leaflet.js").read_text(encoding="utf-8")
    script = re.sub(r"//# sourceMappingURL=.*", "", script).replace("</script", "<\\/script").strip()
    style = (root / "leaflet.css").read_text(encoding="utf-8")
    style = re.sub(r"url\((images/[^)]+)\)", lambda found: f"url({_data_url(root / found[1])})", style)
    return script, style


def _data_url(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


@cache
def _marker_script() -> str:
    from xstatic.pkg import leaflet as package

    images = Path(package.BASE_DIR) / "images"
    return (
        "L.Icon.Default.prototype._getIconUrl=function(name){return "
        f'name==="icon"?"{_data_url(images / "marker-icon.png")}":"{_data_url(images / "marker-shadow.png")}"}};'
    )


def save_html(map: Any, path: str | Path) -> Path:
    """Write a folium map as one HTML file that opens without internet.

    Leaflet is written into the page. Every other script and style sheet that the page would load is left out: plain
    layers, tooltips, popups and circle markers do not need them, plugins do. Tiles are not part of the page; where
    the map has a tile layer a warning says so. The same map gives the same bytes.

    Parameters
    ----------
    map
        A `folium.Map`, for example of `map_cells` or `map_plan`.
    path
        The file to write; it is whole or not there.

    Returns
    -------
    The path.

    Raises
    ------
    DataError
        When `map` is not a folium map.

    Examples
    --------
    >>> import folium, tempfile
    >>> path = save_html(folium.Map(tiles=None), tempfile.mkdtemp() + "/map.html")
    >>> 'src="http' in path.read_text("utf-8")
    False
    """
    import folium

    if not isinstance(map, folium.Map):
        raise DataError(f"map must be a folium.Map, got {type(map).__name__}.")
    page = map.get_root().render()
    elements = list(_walk(map.get_root()))
    if any(isinstance(element, folium.TileLayer) for element in elements):
        warnings.warn("1 map has tiles, which need a network; make it with tiles=None.", PatrolgeoWarning, stacklevel=2)
    script, style = leaflet()
    head = f"<style>{style}</style>\n<script>{script}\n{_marker_script()}</script>"
    page = _LINK.sub("", _SCRIPT.sub("", page)).replace("<head>", f"<head>\n{head}", 1)
    return write_text(path, _number_ids(page, {element._id for element in elements}))


def _walk(element: Any) -> Iterator[Any]:
    yield element
    for child in element._children.values():
        yield from _walk(child)


def _number_ids(page: str, ids: set[str]) -> str:
    """Replace folium's random ids by their order, so that the same map gives the same bytes."""
    order: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return order.setdefault(found[0], f"{len(order):032d}") if found[0] in ids else found[0]

    return _RANDOM_ID.sub(numbered, page)
