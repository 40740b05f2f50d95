"""The slider of the map in Chromium: mouse, keys and play show what was counted, in both languages; paper names it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from page_data import written
from patrolgeo.pages.plan_page.layers import withheld_cells
from patrolgeo.words.messages import load_words, say

pytestmark = pytest.mark.check
DAYS = [(f"2024-0{m}-01", f"2024-0{m}-28") for m in range(1, 6)]


@pytest.fixture
def counts(cells):
    index = pd.MultiIndex.from_tuples(DAYS, names=["first", "last"])
    return pd.DataFrame(np.random.default_rng(2).poisson(0.6, (5, len(cells))) * 1.0, index, cells.index)


@pytest.fixture
def visit():
    if not Path("/usr/bin/chromium").exists():
        pytest.skip("no /usr/bin/chromium")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is absent")
    heard = []
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])

        def opened(path, **how):
            page = browser.new_context(**how).new_page()
            page.on("console", lambda message: heard.append(message.text))
            page.on("pageerror", lambda error: heard.append(str(error)))
            page.goto(path.as_uri())
            page.wait_for_selector("html[data-drawn]")
            return page

        yield opened
        browser.close()
    assert heard == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_slider_keys_and_play_step_through_what_was_counted(tmp_path, cells, areas, counts, visit, language):
    written(tmp_path, cells=cells, areas=areas, counts=counts, language=language)
    page, words = visit(tmp_path / "plan.html"), load_words(language)
    shown = counts.loc[:, ~withheld_cells(cells)].sum(axis=1)
    told = [say(words, "steps_now", first=a, last=b, n=f"{shown[a, b]:g}") for a, b in DAYS]

    def now(k):
        assert page.inner_text(".steps output") == page.inner_text("#step") == told[k]
        assert page.get_attribute(".steps input", "aria-valuetext") == told[k]
        assert page.is_disabled(".steps .back") is (k == 0)
        assert page.is_disabled(".steps .on") is (k == 4)

    assert not page.is_visible(".steps")
    page.check("input[name=layer][value=steps]")
    now(4)
    page.click(".steps .back")
    now(3)
    page.focus(".steps input")
    page.keyboard.press("ArrowLeft")
    now(2)
    page.keyboard.press("Home")
    now(0)
    page.focus(".steps .on")
    page.keyboard.press("Enter")
    now(1)
    page.click(".steps .play")
    assert page.get_attribute(".steps .play", "aria-label") == words["steps_stop"]
    page.wait_for_function("document.querySelector('.steps .on').disabled")
    page.wait_for_function(f"document.querySelector('.steps .play').title === '{words['steps_play']}'")
    now(4)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not page.is_visible(".steps")
    assert page.inner_text("#step") == told[4]
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    page.check("input[name=layer][value=risk]")
    assert not page.is_visible(".steps")


@pytest.mark.parametrize("size", [(1400, 900), (390, 844)])
def test_a_card_tells_the_count_of_the_step_and_no_name_lies_under_the_slider(
    tmp_path, cells, areas, counts, visit, size
):
    few = withheld_cells(cells)
    at = next(i for i in range(len(cells)) if not few[i] and counts.iloc[1, i] != counts.iloc[4, i])
    written(tmp_path, cells=cells, areas=areas, counts=counts)
    page = visit(tmp_path / "plan.html", viewport={"width": size[0], "height": size[1]})
    page.evaluate("document.querySelector('input[name=layer][value=steps]').click()")
    for k, text in ((4, counts.iloc[4, at]), (1, counts.iloc[1, at])):
        page.evaluate(
            f"(s => {{ s.value = {k}; s.dispatchEvent(new Event('input')); }})(document.querySelector('.steps input'))"
        )
        page.fill("#search", cells.index[at])
        page.press("#search", "Enter")
        row = page.locator(".leaflet-popup tr", has_text=f"Recorded {DAYS[k][0]} to {DAYS[k][1]}")
        assert row.locator("td").nth(1).inner_text() == (f"{text:g}" if text else "no recorded incident")
    page.keyboard.press("Escape")
    page.click("[aria-label='Whole area']")
    bar = page.locator(".steps").bounding_box()
    for box in page.locator(".mark, .label").all():
        b = box.bounding_box()
        assert b["y"] + b["height"] <= bar["y"] + 1 or b["y"] >= bar["y"] + bar["height"] - 1 or (
            b["x"] + b["width"] <= bar["x"] + 1 or b["x"] >= bar["x"] + bar["width"] - 1
        )  # fmt: skip
