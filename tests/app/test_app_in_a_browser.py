"""A planner's whole errand in Chromium: open, move, lock, undo, compare, save; kill and go on."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app_plan import app_plan, reassigned

pytestmark = pytest.mark.check


@pytest.fixture
def folder(tmp_path, cells):
    return app_plan(tmp_path / "plan", cells, names=("West <img src=x onerror=alert(1)>", "东区"))


@pytest.fixture
def start(folder):
    running = []

    def started():
        server = subprocess.Popen(
            [sys.executable, "-m", "patrolgeo", "app", str(folder)], stdout=subprocess.PIPE, text=True
        )
        running.append(server)
        return server, re.search(r"http://127\.0\.0\.1:\d+/\S+", server.stdout.readline())[0]

    yield started
    for server in running:
        server.kill()
        server.wait()
        server.stdout.close()


@pytest.fixture
def visit():
    if not Path("/usr/bin/chromium").exists():
        pytest.skip("no /usr/bin/chromium")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is absent")
    heard = []
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])

        def opened(url):
            page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
            page.on("console", lambda message: heard.append(message.text))
            page.on("pageerror", lambda error: heard.append(str(error)))
            page.on(
                "request",
                lambda asked: None if asked.url.startswith((url, "data:", "blob:")) else heard.append(asked.url),
            )
            page.goto(url)
            page.wait_for_selector("#edit[data-ready]")
            return page

        yield opened
        browser.close()
    assert heard == []


def middle(page, right=0.0, down=0.0):
    box = page.locator("#map").bounding_box()
    return box["x"] + box["width"] * (0.5 + right), box["y"] + box["height"] * (0.5 + down)


def steps(page, n):
    page.wait_for_selector(f"#edit[data-steps='{n}']")


def stroke(page, x, y, size=80):
    page.mouse.move(x, y)
    page.mouse.down()
    for dx, dy in ((size, 0), (size, size), (0, size), (0, 0)):
        page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()


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


def test_the_keys_do_what_the_mouse_does(start, visit):
    page = visit(start()[1])
    page.check("input[name=mode][value=lock]")
    page.focus("#map")
    page.keyboard.press("m")
    steps(page, 1)
    page.keyboard.press("u")
    steps(page, 0)
