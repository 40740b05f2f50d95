"""The documentation site builds without a warning, opens from disk, and no link of it is dead."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.check
ROOT = Path(__file__).parents[1]
SITE = ROOT / "out" / "site"
CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="module")
def site():
    """Build the site of this working tree; Sphinx ends with 1 when it warns."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, ROOT / ".ci" / "site"], check=False, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return SITE


def test_every_link_and_anchor_is_alive_and_nothing_is_loaded_from_outside(site):
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "site" / "check.py"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_every_public_name_has_its_entry(site):
    import patrolgeo

    text = "".join(page.read_text(encoding="utf-8") for page in (site / "docs" / "api").glob("*.html"))
    assert [name for name in patrolgeo.__all__ if f'id="patrolgeo.{name}"' not in text] == []


def test_every_public_name_shows_an_example(site):
    """Between its heading and the next: a result shows the example of the function that makes it."""
    import patrolgeo

    text = "".join(page.read_text(encoding="utf-8") for page in (site / "docs" / "api").glob("*.html"))
    starts = sorted((text.index(f'id="patrolgeo.{name}"'), name) for name in patrolgeo.__all__)
    ends = [*(start for start, _ in starts[1:]), len(text)]
    shown = {name: "&gt;&gt;&gt;" in text[start:end] for (start, name), end in zip(starts, ends, strict=True)}
    assert [name for name, there in shown.items() if not there] == []


def test_the_tables_of_benchmarks_are_those_of_the_results(site):
    text = (site / "docs" / "evidence" / "benchmarks.html").read_text(encoding="utf-8")
    results = json.loads((ROOT / "benchmarks" / "results" / "cells.json").read_text(encoding="utf-8"))
    assert f"{results['shapes']['adjacency_seconds']:.4g}" in text
    assert [f.stem for f in (ROOT / "benchmarks" / "results").glob("*.json") if f"{f.stem}.py" not in text] == []


def test_the_gallery_shows_a_picture_for_each_of_its_scripts(site):
    scripts = sorted((ROOT / "docs" / "gallery").rglob("*.py"))
    assert len(scripts) >= 30
    for script in scripts:
        page = (site / "docs" / "gallery" / script.parent.name / f"{script.stem}.html").read_text(encoding="utf-8")
        assert "<img" in page or "<iframe" in page, script


@pytest.mark.parametrize(
    ("word", "page"),
    [
        ("hexagon", "docs/cells"),
        ("p_median", "docs/api/plan-sites"),
        ("ceiling", "docs/concepts/ceilings"),
        ("seal", "docs/reliability"),
    ],
)
def test_search_works_from_disk(site, browser_page, word, page):
    view, asked, said = browser_page
    view.goto((site / "search.html").as_uri() + f"?q={word}")
    view.wait_for_selector(f"#search-results a[href*='{page}']", timeout=20_000)
    assert (asked, said) == ([], [])


def test_pages_open_without_a_request_or_an_error(site, browser_page):
    view, asked, said = browser_page
    for name in ("docs/index", "docs/areas", "docs/api/plan-areas", "docs/routes", "docs/gallery/index"):
        view.goto((site / f"{name}.html").as_uri())
        view.wait_for_load_state("load")
    assert (asked, said) == ([], [])


@pytest.fixture
def browser_page():
    """Return a page of a browser, what it asked of others, and what it complained of."""
    playwright = pytest.importorskip("playwright.sync_api")
    asked, said = [], []
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        view = browser.new_page()
        view.on(
            "request", lambda r: asked.append(r.url) if r.url.split(":")[0] not in ("file", "data", "blob") else None
        )
        view.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        view.on("pageerror", lambda error: said.append(str(error)))
        yield view, asked, said
        browser.close()
