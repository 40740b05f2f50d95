"""The map of the sample county in Chromium: what a planner, an officer with a phone and a printer meet."""

import re
import tomllib
from dataclasses import replace
from importlib.resources import files
from itertools import combinations
from pathlib import Path

import h3
import pandas as pd
import pytest

from county_plan import COUNTY, county_text
from patrolgeo import from_wgs84, run_plan
from patrolgeo.pipeline import outputs

# what the planner writes into the plan file is printed as written
OWN = {"purpose": "山区道路安全", "basis": "县政府令", "name": "县城查控圈", "operator": "县公安局"}
DESK, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}
DATA = "JSON.parse(document.getElementById('data').textContent)"
BOXES = """() => [...document.querySelectorAll(".mark, .label")].map((e) => {
  const r = e.getBoundingClientRect();
  return [e.textContent + " " + e.className, r.left, r.top, r.right, r.bottom];
})"""
TEXTS = """() => {
  const found = new Set(), walk = (node) => {
    if (["SCRIPT", "STYLE"].includes(node.nodeName)) return;
    if (node.nodeType === 3) { found.add(node.data); return; }
    for (const name of ["title", "aria-label", "placeholder", "alt"]) {
      if (node.getAttribute?.(name)) found.add(node.getAttribute(name));
    }
    for (const child of node.childNodes) walk(child);
  };
  walk(document.documentElement);
  return [...found];
}"""

pytestmark = pytest.mark.check


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The page of the sample county by language, and in English as it is published; one run in Chinese makes all."""
    kept = {}
    text = county_text().replace('language = "en"', 'language = "zh"').replace("Sample county", "岚江县")
    for name, own in OWN.items():
        text = re.sub(rf'^({name} = )".*?"', rf'\g<1>"{own}"', text, flags=re.MULTILINE)

    def keep(path, found, edition):
        kept["found"], kept["edition"] = found, edition
        return write(path, found, edition)

    write, outputs.write_plan_page = outputs.write_plan_page, keep
    folder = tmp_path_factory.mktemp("county")
    try:
        (folder / "plan.toml").write_text(text, encoding="utf-8")
        run_plan(folder / "plan.toml", folder / "out")
    finally:
        outputs.write_plan_page = write
    made = {name: folder / f"{name}.html" for name in ("en", "zh", "public")}
    english = replace(kept["edition"], language="en", attribution="© OpenStreetMap contributors")
    write(made["en"], kept["found"], english)
    write(made["zh"], kept["found"], kept["edition"])
    write(made["public"], kept["found"], replace(english, audience="public"))
    return made


@pytest.fixture(scope="module")
def chromium():
    if not Path("/usr/bin/chromium").exists():
        pytest.skip("no /usr/bin/chromium")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is absent")
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, pages):
    """Opens a page; whatever the console says and whatever is asked of the network fails the test."""
    heard, contexts = [], []

    def opened(name="en", size=DESK, **options):
        context = chromium.new_context(viewport=size, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on(
            "request", lambda asked: heard.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None
        )
        page.goto(pages[name].as_uri())
        page.wait_for_selector("html[data-drawn]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [said for said in heard if not said.startswith(("file:", "data:"))] == []


def lying_on_each_other(page):
    boxes = page.evaluate(BOXES)
    assert len(boxes) > 20
    return [
        (one[0], other[0]) for one, other in combinations(boxes, 2)
        if min(one[3], other[3]) - max(one[1], other[1]) > 1 and min(one[4], other[4]) - max(one[2], other[2]) > 1
    ]  # fmt: skip


def on_phone():
    return {"size": PHONE, "is_mobile": True, "has_touch": True}


@pytest.mark.parametrize(
    "how", [{}, on_phone(), {"size": {"width": 1510, "height": 1045}}], ids=["desk", "phone", "large"]
)
def test_no_sign_and_no_name_lies_on_another_at_any_zoom(open_page, how):
    page = open_page(**how)
    for _ in range(6):
        assert lying_on_each_other(page) == []
        page.click(".leaflet-control-zoom-in")
        page.wait_for_timeout(450)
    for box in page.query_selector_all("input[name=overlay]:not(:checked), input[name=sort]:not(:checked)"):
        box.evaluate("box => box.click()")
    page.evaluate("document.querySelector('.leaflet-top .tool').click()")
    assert lying_on_each_other(page) == []


@pytest.mark.parametrize("how", [{}, on_phone()], ids=["desk", "phone"])
def test_every_area_is_named_at_the_home_view(open_page, how):
    page = open_page(**how)
    shown = page.evaluate("[...document.querySelectorAll('.chip')].map((chip) => chip.textContent)")
    listed = page.evaluate("[...document.querySelectorAll('.go[data-to=area]')].map((go) => go.textContent)")
    assert sorted(shown) == sorted(listed)


def test_every_thing_is_shown_or_counted_by_the_sign_it_joined(open_page):
    page = open_page()
    count = (
        "[...document.querySelectorAll('.mark.forces')].map((m) => Number(m.textContent) || 1).reduce((a, b) => a + b)"
    )
    there = page.evaluate(
        "JSON.parse(document.getElementById('data').textContent).overlays.find((o) => o.key === 'forces').at.length"
    )
    assert page.evaluate(count) == there


def test_the_search_finds_an_area_a_village_a_post_and_a_cell(open_page):
    page = open_page()
    page.click("#map", position={"x": 600, "y": 400})
    cell = page.wait_for_selector(".leaflet-popup h3").text_content().split()[-1]
    data = page.evaluate(DATA)
    names = {group["key"]: group["names"] for group in data["overlays"]}
    for wanted in (data["areas"]["names"][2], names["villages"][7], names["sites"][0], names["checkpoints"][9]):
        page.fill("#search", wanted)
        page.press("#search", "Enter")
        page.wait_for_selector(f".leaflet-popup h3:text-is({wanted!r})")
    page.fill("#search", cell)
    page.press("#search", "Enter")
    page.wait_for_selector(f".leaflet-popup h3:has-text('{cell}')")
    page.fill("#search", "no such place")
    assert "nothing" in page.text_content("#found")


def test_a_cell_tells_of_every_layer_its_area_and_what_lies_on_it(open_page):
    page = open_page()
    at = page.evaluate(f"{DATA}.overlays.find((group) => group.key === 'spots').at[0]")
    page.fill("#search", h3.latlng_to_cell(*at, 8))
    page.press("#search", "Enter")
    told = page.text_content(".leaflet-popup-content")
    for word in ("Forecast risk", "one in", "Residents", "Recorded incidents", "Land, km²", "patrol area", "Hot spots"):
        assert word in told
    page.click(".leaflet-popup button.link")
    page.wait_for_timeout(400)  # the card before it fades out first
    assert "workload" in page.text_content(".leaflet-popup-content")


def test_a_place_is_told_as_chinese_maps_show_it_and_stored_as_it_is(open_page):
    page = open_page()
    page.click("#map", position={"x": 600, "y": 400})
    rows = page.locator(".leaflet-popup tr").all_inner_texts()
    told = dict(row.split("\t") for row in rows if row.count("\t") == 1)
    (lat, lon), shown = (
        [float(part) for part in told[head].split(", ")] for head in ("coordinates", "on Chinese maps (GCJ-02)")
    )
    east, north = (float(degrees[0]) for degrees in from_wgs84([lon], [lat], "GCJ02"))
    assert shown == pytest.approx([north, east], abs=2e-5)  # both are told to five digits
    assert abs(shown[1] - lon) > 0.002


def test_the_keyboard_reaches_cells_signs_layers_and_the_search(open_page):
    page = open_page()
    page.focus("#map")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(400)
    assert page.is_visible(".cross")
    page.keyboard.press("Enter")
    assert page.text_content(".leaflet-popup h3").startswith("Cell ")
    page.focus(".mark.sites")
    page.keyboard.press("Enter")
    page.wait_for_selector(".leaflet-popup-content p:has-text('Posts')")
    page.focus("input[name=layer]:checked")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("input[name=layer]:checked", "value") == page.evaluate(
        "document.querySelectorAll('input[name=layer]')[1].value"
    )


def test_on_a_phone_one_finger_moves_the_page_and_the_layers_are_one_tap_away(open_page):
    page = open_page(**on_phone())
    assert page.evaluate("getComputedStyle(document.getElementById('map')).touchAction") == "pan-x pan-y"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.tap("nav a[href='#layers']")
    page.wait_for_timeout(200)
    assert 0 <= page.query_selector("#layers h2").bounding_box()["y"] < PHONE["height"] / 2
    assert page.is_visible("nav")


def test_where_i_am_is_told_on_demand_and_not_before(open_page, chromium):
    page = open_page(geolocation={"latitude": 24.327, "longitude": 107.357}, permissions=["geolocation"])
    assert page.text_content("#told") == ""
    page.click("a[title='Where am I?']")
    page.wait_for_function("document.getElementById('told').textContent.includes('blue dot')")
    assert page.text_content(".leaflet-popup h3").startswith("Cell ")
    refused = open_page()
    refused.click("a[title='Where am I?']")
    refused.wait_for_function("document.getElementById('told').textContent.includes('does not tell')")


def test_it_prints_on_one_sheet_with_every_area_and_what_was_cut_said(open_page, tmp_path):
    page = open_page()
    page.pdf(path=tmp_path / "sheet.pdf", prefer_css_page_size=True, print_background=True)
    pages = re.findall(rb"/Type\s*/Page[^s]", (tmp_path / "sheet.pdf").read_bytes())
    assert len(pages) == 1
    page.set_viewport_size({"width": 1510, "height": 1045})
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert lying_on_each_other(page) == []
    assert page.evaluate("document.querySelectorAll('.chip').length") == page.evaluate(
        "document.querySelectorAll('.go[data-to=area]').length"
    )
    aside = "document.querySelector('aside')"
    assert page.evaluate(f"{aside}.scrollWidth <= {aside}.clientWidth + 1")
    assert "© OpenStreetMap contributors" in page.text_content(".leaflet-control-attribution")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not page.evaluate("document.body.classList.contains('paper')")


def latin_words(texts):
    """Words of two Latin letters and more, but for names of programs, licences and the data."""
    shifts = "|".join(pd.read_csv(COUNTY.parent / "shifts.csv")["name"])
    names = rf"patrolgeo|GCJ-02|Leaflet|OpenStreetMap|[GSXYC]\d+|[0-9a-f]{{15}}|\uff08({shifts})\uff09"
    return sorted({word for text in texts for word in re.findall(r"[A-Za-z]{2,}", re.sub(names, "", text))})


def test_the_chinese_page_has_no_english_left_whatever_is_opened(open_page):
    page = open_page("zh")
    texts = set(page.evaluate(TEXTS))
    for box in page.query_selector_all("input[name=overlay]:not(:checked), input[name=sort]:not(:checked)"):
        box.evaluate("box => box.click()")
    data = page.evaluate(DATA)
    for group in data["overlays"]:
        texts |= {group["title"], *group["heads"], *(sort["title"] for sort in group["sorts"])}
        texts |= {value for row in group["rows"] for value in row}
    texts |= {*data["areas"]["heads"], *(value for row in data["areas"]["rows"] for value in row)}
    size = page.query_selector("#map").bounding_box()
    for x, y in ((0.5, 0.5), (0.3, 0.6), (0.7, 0.4)):
        page.mouse.click(size["x"] + size["width"] * x, size["y"] + size["height"] * y)
        texts |= set(page.evaluate(TEXTS))
    for sign in page.query_selector_all(".mark.numbered, .chip")[::3]:
        sign.evaluate("sign => sign.click()")
        texts |= set(page.evaluate(TEXTS))
    assert latin_words(texts) == []


def test_the_published_page_has_nothing_of_forces_posts_and_checkpoints(open_page, pages):
    page = open_page("public")
    data = page.evaluate(DATA)
    assert {group["key"] for group in data["overlays"]} <= {"places", "villages", "barriers", "rivers"}
    assert all(not group["heads"] for group in data["overlays"] if group["key"] != "places")
    hidden = tomllib.loads(files("patrolgeo.words").joinpath("en", "map.toml").read_text("utf-8"))
    listed = page.text_content("aside")
    for key in ("sites", "checkpoints", "forces", "workload"):
        assert f"{hidden[key]} " not in listed.replace("\n", " ")
