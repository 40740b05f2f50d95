"""The page of the app: the plan's own ``plan.html`` with one more script, and the policy that lets nothing else run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from patrolgeo.errors import DataError
from patrolgeo.pages.templating import source
from patrolgeo.words.messages import load_words

SCRIPTS = ("panel", "draw", "act")
NEWEST = "function cellUnder"  # what the scripts of the app ask of those of the page, and earlier versions lack
_END = "})();</script>"  # of the scripts of plan.html
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def app_page(folder: Path, start: Mapping[str, Any]) -> tuple[str, str]:
    """Return the page, and the content policy that allows its own scripts by their hashes.

    `start` is what the page knows before it asks: whether the plan has posts and roads, which plan lies beside it.
    """
    html = (folder / "plan.html").read_text("utf-8")
    head, end, tail = html.rpartition(_END)
    if not end or "</head>" not in head or NEWEST not in head:
        raise DataError(f"{folder / 'plan.html'} was not written by this version; run the plan again.")
    words = {key: text for key, text in load_words(language_of(folder)).items() if key.startswith("app_")}
    head = head.replace("</head>", f"<style>{source('app/app.css')}</style></head>", 1)
    scripts = "\n".join(source(f"app/{name}.js") for name in SCRIPTS)
    page = f"{head}\nconst said = {_json(words)}, start = {_json(start)};\n{scripts}{end}{tail}"
    return page, _policy(page)


def language_of(folder: Path) -> str:
    """Return the language of the page of a plan."""
    with (folder / "plan.html").open(encoding="utf-8") as page:
        return "zh" if '<html lang="zh' in page.read(400) else "en"


def _json(told: Any) -> str:
    """Return data as JSON that may stand in a script."""
    return json.dumps(told, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", "").replace("\u2029", "")


def _policy(page: str) -> str:
    hashes = " ".join(f"'sha256-{_hash(script)}'" for script in _SCRIPT.findall(page))
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
