"""The app as a planner starts it, and Chromium that hears whatever goes wrong."""

import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def launch():
    running = []

    def started(folder, *more):
        server = subprocess.Popen(
            [sys.executable, "-m", "patrolgeo", "app", str(folder), *more], stdout=subprocess.PIPE, text=True
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
            page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
            page.add_init_script("window.RAN = []; window.ran = (n) => { RAN.push(n); return 'ran'; };")
            page.goto(url)
            page.wait_for_selector("#edit[data-ready]")
            return page

        yield opened
        browser.close()
    assert heard == []
