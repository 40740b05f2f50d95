"""Check the built site: every internal link and anchor leads somewhere, and no page loads anything from outside.

python .ci/site/check.py            # prints what is wrong and ends with 1 when there is anything
"""

import re
import sys
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

SITE = Path(__file__).parents[2] / "out" / "site"
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "audio": "src", "video": "src"}
LOADING_LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "modulepreload", "manifest"}


@cache
def parsed(page: Path) -> BeautifulSoup:
    """Return a page as a tree."""
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the names that a link into a page may have."""
    return frozenset(
        value for tag in parsed(page).find_all(True) for value in (tag.get("id"), tag.get("name")) if value
    )


def faults(site: Path = SITE) -> list[str]:
    """Return what is wrong on all pages of a site."""
    pages = [page for page in sorted(site.rglob("*.html")) if "_static" not in page.parts and "maps" not in page.parts]
    return [f"{page.relative_to(site)}: {fault}" for page in pages for fault in (*dead(page), *outside(page))] + [
        f"{style.relative_to(site)}: loads {url}"
        for style in sorted(site.rglob("*.css"))
        for url in re.findall(r"url\([\"']?((?:https?:)?//[^)\"']+)", style.read_text(encoding="utf-8"))
    ]


def dead(page: Path) -> list[str]:
    """Return the links of a page to files or anchors that are not there."""
    targets = [
        tag.get("href") or tag.get("src") for tag in parsed(page).find_all(["a", "link", "img", "script", "iframe"])
    ]
    found = []
    for target in dict.fromkeys(target for target in targets if target):
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        anchor = unquote(parts.fragment)
        if not file.is_file() or (anchor and file.suffix == ".html" and anchor not in anchors(file)):
            found.append(f"dead link {target}")
    return found


def outside(page: Path) -> list[str]:
    """Return what a page would load from another place."""
    urls = [tag.get(LOADED[tag.name]) for tag in parsed(page).find_all(list(LOADED))]
    links = parsed(page).find_all("link")
    urls += [tag.get("href") for tag in links if LOADING_LINKS & set(tag.get("rel", []))]
    return [f"loads {url}" for url in urls if url and re.match(r"(https?:)?//", url)]


if __name__ == "__main__":
    wrong = faults()
    print("\n".join(wrong) or "every link leads somewhere; nothing is loaded from outside")
    sys.exit(min(len(wrong), 1))
