"""The pictures of README and docs: the plan of the sample county on a desk, on a phone and on paper.

python .ci/pictures.py

Writes docs/images/plan.png, phone.png and sheet.png. Needs playwright and /usr/bin/chromium.
"""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from patrolgeo import run_plan

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
VIEWS = {
    "plan": {"viewport": {"width": 1400, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
    "sheet": {"viewport": {"width": 1510, "height": 1045}, "device_scale_factor": 1},
}


def main() -> None:
    """Run the plan and take the pictures."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        run_plan(ROOT / "data" / "samples" / "county" / "plan.toml", Path(folder) / "out")
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, how in VIEWS.items():
            page = browser.new_context(**how).new_page()
            page.goto((Path(folder) / "out" / "plan.html").as_uri())
            page.wait_for_selector("html[data-drawn]")
            if name == "sheet":
                page.evaluate("dispatchEvent(new Event('beforeprint'))")
                page.evaluate("document.documentElement.style.filter = 'grayscale(1)'")
            page.wait_for_timeout(800)
            page.screenshot(path=IMAGES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
