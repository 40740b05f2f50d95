"""A planner's whole errand in Chromium: open, move, lock, undo, compare, save; kill and go on."""

import re
import signal

import pytest

from app_plan import app_plan, middle, reassigned, steps, stroke
from patrolgeo.escape import printable
from test_hostile_text import PAYLOADS, Poison

pytestmark = pytest.mark.check


@pytest.fixture
def folder(tmp_path, cells):
    return app_plan(tmp_path / "plan", cells, names=("West <img src=x onerror=alert(1)>", "东区"))


@pytest.fixture
def start(folder, launch):
    return lambda: launch(folder)


def test_a_planners_errand(start, visit, folder):
    server, url = start()
    page = visit(url)
    page.select_option("#edit select", "1")
    page.check("input[name=mode][value=move]")
    page.mouse.click(*middle(page, right=0.1))
    steps(page, 1)
    page.check("input[name=mode][value=lasso]")
    stroke(page, *middle(page, right=0.05, down=0.1))
    steps(page, 2)
    assert "cells moved" in page.inner_text("#edit")
    page.check("input[name=mode][value=lock]")
    page.mouse.click(*middle(page, right=-0.1))
    steps(page, 3)
    page.click("#edit button:has-text('Undo')")
    steps(page, 2)
    page.check("input[name=mode][value=exclude]")
    stroke(page, *middle(page, right=-0.15, down=0.1))
    steps(page, 3)
    page.fill("#edit input[type=range]", "50")
    page.click("#edit button:has-text('Save')")
    page.wait_for_selector("#edit output:has-text('plan-changed.toml')")
    assert reassigned(folder / "plan-changed.toml")
    assert (folder / "plan-changed-left-out.geojson").exists()
    assert "onerror" in page.inner_text("#edit table")  # a name is text
    page.click("#edit button:has-text('Close')")
    assert server.wait(timeout=20) == 0


def test_after_a_kill_the_planner_goes_on_where_the_page_was(start, visit):
    server, url = start()
    page = visit(url)
    page.select_option("#edit select", "1")
    page.check("input[name=mode][value=lasso]")
    stroke(page, *middle(page, right=0.05))
    steps(page, 1)
    told = page.inner_text("#edit .sums")
    server.send_signal(signal.SIGKILL)
    server.wait()
    again = visit(start()[1])
    steps(again, 1)
    assert again.inner_text("#edit .sums") == told


@pytest.mark.parametrize("offset", range(0, len(PAYLOADS), 6))
def test_hostile_names_of_areas_villages_roads_and_plans_are_text_whatever_is_done(
    tmp_path, cells, launch, visit, offset
):
    """Each text of the folder is hostile: the app tells it, and nothing of it runs or asks the network."""
    poison = Poison(offset)
    names, title = [poison(name) for name in ("west", "east")], poison("title")
    told = cells.assign(village=[poison(f"village {i // 8}") for i in range(len(cells))])
    folder = app_plan(tmp_path / "plan", told, names=names, title=title, posts=2, roads=poison("road"), villages=True)
    other = app_plan(tmp_path / "<img src=x onerror=ran(1)>", told, names=names[::-1], title=title)
    page = visit(launch(folder, "--beside", str(other))[1])
    page.check("input[name=mode][value=move]")
    page.mouse.click(*middle(page, right=0.1))
    steps(page, 1)
    page.check("input[name=mode][value=lock]")
    page.mouse.click(*middle(page, right=-0.1))
    steps(page, 2)
    page.check("input[name=mode][value=post]")
    page.mouse.click(*middle(page, down=0.1))
    steps(page, 3)
    assert "<img src=x" in page.inner_text("#edit h3")
    page.check("input[name=mode][value=road]")
    page.mouse.click(*middle(page))
    page.wait_for_selector("#edit h3:has-text('Without')")
    assert bare(poison("road")) in bare(page.text_content("#edit h3"))
    page.fill("#edit input[type=range]", "50")
    page.click("#edit button:has-text('Save')")
    page.wait_for_selector("#edit output:has-text('plan-changed.toml')")
    shown = bare(page.text_content("#edit"))
    assert all(bare(name) in shown for name in names)
    assert page.evaluate("RAN") == []
    assert set(reassigned(folder / "plan-changed.toml")) <= set(poison.given.values())


def bare(text):
    return re.sub(r"\s", "", printable(text))


# how many pixels around a point have the colour of outlines
OUTLINES = """([x, y, reach]) => [...document.querySelectorAll(".leaflet-borders-pane canvas")].map((canvas) => {
  const at = canvas.getBoundingClientRect(), size = 2 * reach, copy = new OffscreenCanvas(size, size);
  const pen = copy.getContext("2d", { willReadFrequently: true });
  pen.drawImage(canvas, at.left - x + reach, at.top - y + reach, at.width, at.height);
  const got = pen.getImageData(0, 0, size, size).data;
  const colour = [21, 32, 43];
  let n = 0;
  for (let k = 0; k < got.length; k += 4) {
    n += got[k + 3] > 200 && colour.reduce((sum, c, i) => sum + Math.abs(got[k + i] - c), 0) < 70;
  }
  return n;
}).reduce((a, b) => a + b)"""


def test_outlines_follow_the_cells_that_move(start, visit):
    page = visit(start()[1])
    x, y = next(p for p in (middle(page, right=r / 50) for r in range(3, 20)) if not page.evaluate(OUTLINES, [*p, 70]))
    page.select_option("#edit select", "1")
    page.check("input[name=mode][value=move]")
    page.mouse.click(x, y)
    steps(page, 1)
    assert page.evaluate(OUTLINES, [x, y, 70]) > 40
    page.click("#edit button:has-text('Undo')")
    steps(page, 0)
    assert page.evaluate(OUTLINES, [x, y, 70]) == 0


def test_left_of_the_curtain_stand_outlines_and_names_of_the_other_plan(tmp_path, cells, folder, launch, visit):
    turned = cells.assign(area=["west" if i % 2 else "east" for i in range(len(cells))])
    other = app_plan(tmp_path / "stripes", turned, names=("Odd", "Even"))
    page = visit(launch(folder, "--beside", str(other))[1])
    x, y = next(p for p in (middle(page, right=r / 50) for r in range(3, 20)) if not page.evaluate(OUTLINES, [*p, 70]))
    page.fill("#edit input[type=range]", "90")
    assert page.inner_text(".curtain") == "stripes\nplan now"
    assert page.evaluate(OUTLINES, [x, y, 70]) > 40
    assert not page.locator(".chip").first.is_visible()
    page.fill("#edit input[type=range]", "0")
    assert page.evaluate(OUTLINES, [x, y, 70]) == 0
    assert page.locator(".chip").first.is_visible()


def test_the_keys_do_what_the_mouse_does(start, visit):
    page = visit(start()[1])
    page.check("input[name=mode][value=lock]")
    page.focus("#map")
    page.keyboard.press("m")
    steps(page, 1)
    page.keyboard.press("u")
    steps(page, 0)
