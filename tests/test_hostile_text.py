"""Text of users is shown as written: no template, script or address in it ever acts.

Every text that a public map or page takes is found by walking its arguments, and each gets a hostile one: keys, labels,
names of columns and values of tables. A new public function or argument fails here until it is fed.
"""

import inspect
import os
from collections.abc import Callable
from dataclasses import fields, replace
from html.parser import HTMLParser
from itertools import count
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

import patrolgeo
from patrolgeo import HexGrid
from patrolgeo.escape import escape, printable
from patrolgeo.hotspots.problem_sheet import ProblemSheet
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.findings import Findings, Older, given
from patrolgeo.pages.office.office import write_office
from patrolgeo.sources.xlsx import write_workbook
from patrolgeo.words.messages import load_words

PAYLOADS = [
    "{{ 7 * 7 }}",
    "{{ cycler.__init__.__globals__.os.environ.update(PATROLGEO_RAN='1') }}",
    "{% raw %}",
    "{% for i in [1, 2] %}{{ i }}{% endfor %}",
    "{# gone #}",
    "${ran(1)}",
    "`; ran(2); `",
    "`+ran(3)+`",
    '"><img src=x onerror=ran(4)>',
    "'><svg/onload=ran(5)>",
    "</script><script>ran(6)</script>",
    "</title></style></textarea><script>ran(7)</script>",
    "javascript:ran(8)",
    "<a href='javascript:ran(9)'>link</a>",
    '" onmouseover=ran(10) x="',
    "' autofocus onfocus='ran(11)",
    "'+ran(12)+'",
    "\\'+ran(13)//",
    "\\u003cimg src=x onerror=ran(14)\\u003e",
    "&lt;img src=x onerror=ran(15)&gt;",
    "<iframe src=//127.0.0.1:9/a></iframe>",
    "<link rel=stylesheet href=http://127.0.0.1:9/b>",
    "<style>@import url(http://127.0.0.1:9/c);</style>",
    "http://127.0.0.1:9/d",
    "url(http://127.0.0.1:9/e)",
    "<!-- -->]]><![CDATA[",
    "0123456789abcdef0123456789abcdef",
    "$title ${title} $$ %s {0} {name}",
    "right\u202eleft",
    "zero\x00byte",
    "not\ufffea character",
    "bell\x07 next\x85line",
]


class Poison:
    """Puts a hostile text in the place of every text, the same for the same; remembers what must be shown."""

    def __init__(self, offset: int = 0) -> None:
        self.given: dict[str, str] = {}
        self.number = count(offset)

    def text(self, old: str) -> str:
        if old not in self.given:
            i = next(self.number)
            self.given[old] = f"{PAYLOADS[i % len(PAYLOADS)]} no{i}."
        return self.given[old]

    def __call__(self, value):
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self(key) if key in FREE else key: self(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self(item) for item in value)
        if isinstance(value, pd.Series | pd.DataFrame):
            return self.table(value)
        if isinstance(value, ProblemSheet):
            return replace(value, **{name: self(getattr(value, name)) for name in ("spot", "kinds", "near", *PEAKS)})
        return value

    def table(self, table):
        if isinstance(table, pd.Series):
            values = table.rename(self(table.name))
        else:
            values = table.copy()
            for column in values.columns[[isinstance(v, str) for v in values.iloc[0]]]:
                values[column] = [self(v) for v in table[column]]
            values = values.rename(columns=lambda c: self(c) if c in FREE else c)
        if isinstance(values.index[0], str) and not isinstance(table.index.name, str):
            values.index = [self(label) for label in values.index]
        return values


PEAKS = ("peak_workdays", "peak_weekend")
# keys and columns that are the user's own; all others are names that we look for
FREE = {"own reason", "own source", "own part", "own grade", "own figure", "own column", "own origin", "own model"}
CHOICES = {"audience", "language", "workload_unit"}
# texts that steer what is drawn, or stand under a name of their own, and are not printed
SILENT = {
    "map_flows": {"x", "y", "river road"},
    "write_plan_page": {"x", "y", "river road", "odd", "even", "a1", "a2"},
    "write_report": {
        "index",
        "some week",
        "duty one",
    },  # scores of past periods and the roster are for the files of the office
}


@pytest.fixture(scope="module")
def table():
    grid = HexGrid.from_area(gpd.GeoSeries([shapely.box(107.0, 23.0, 107.04, 23.03)], crs="EPSG:4326"), 8)
    values = np.arange(len(grid)) + 1.0
    return grid.to_gdf().assign(
        risk=values, incidents=np.arange(len(grid)), hotspot=values > 3, area=np.where(values % 2, "odd", "even")
    )


def points(name: str, x: float = 107.01, **columns) -> gpd.GeoDataFrame:
    place = {"name": [f"{name} one"], "kind": [f"{name} kind"], **columns}
    return gpd.GeoDataFrame(place, geometry=[shapely.Point(x, 23.01)], crs="EPSG:4326")


def squares() -> gpd.GeoDataFrame:
    boxes = [shapely.box(107, 23, 107.02, 23.03), shapely.box(107.02, 23, 107.04, 23.03)]
    columns = {"name": ["area one", "area two"], "radio_code": ["radio one", "radio two"], "own column": ["a1", "a2"],
               "spoken_border": ["border one", "border two"]}  # fmt: skip
    return gpd.GeoDataFrame(columns, geometry=boxes, crs="EPSG:4326", index=["odd", "even"])


def lines() -> gpd.GeoDataFrame:
    parts = [shapely.LineString([(107, 23), (107.03, 23.02)]), shapely.LineString([(107.03, 23.02), (107.04, 23)])]
    return gpd.GeoDataFrame({"road_class": ["river road"] * 2}, geometry=parts, index=["x", "y"], crs="EPSG:4326")


def cells_map(table) -> dict:
    shapes = table[["risk", "geometry"]].rename(columns={"risk": "own column"}).set_axis(map(str, range(len(table))))
    return {"values": shapes, "column": "own column", "caption": "caption", "bins": None, "opacity": 0.5}


def labels_map(table) -> dict:
    shapes = table[["area", "geometry"]].rename(columns={"area": "own column"})
    return {"values": shapes, "column": "own column", "caption": None, "bins": None, "opacity": 0.5}


def series_map(table) -> dict:
    return {"values": table["risk"].rename("own column"), "column": None, "caption": None, "bins": None, "opacity": 0.5}


def plan_map(_) -> dict:
    return {"areas": squares(), "sites": points("site", **{"own column": ["s1"]}).set_axis(["site label"])}


def flows_map(_) -> dict:
    return {"load": pd.Series([9.0, 4.0], ["x", "y"]), "roads": lines(), "met": None, "caption": "trips"}


def two_steps(table) -> pd.DataFrame:
    days = pd.MultiIndex.from_tuples([("first day one", "last day one"), ("first day two", "last day two")])
    return pd.DataFrame([range(len(table))] * 2, days.set_names(["first", "last"]), table.index, dtype=float)


def plan_page(table) -> dict:
    return {
        "counts": two_steps(table),
        "title": "title", "cells": table, "areas": squares(), "sites": points("site", **{"own column": ["s1"]}),
        "places": points("place", 107.02), "forces": points("force", 107.03), "roads": lines(),
        "checkpoints": points("check", 107.015, **{"own column": ["c1"]}), "flows": lines().assign(trips=[9.0, 1.0]),
        "overlays": {"villages": points("village", 107.025, **{"own column": ["v1"]})},
        "boundary": squares()[["geometry"]], "n_periods": 4, "period": "moon", "workload_unit": "index",
        "subtitle": "subtitle", "valid_until": None, "sentences": ["sentence"], "notes": ["note"],
        "attribution": "source", "made": "made day", "marking": "own mark", "spots": squares(),
        "synthetic": True, "audience": "internal", "language": "en", "words": None,
    }  # fmt: skip


def problem_sheet() -> ProblemSheet:
    return ProblemSheet(
        spot="spot one", incidents=9.0, expected=2.0, kinds="thefts", peak_workdays="at noon", peak_weekend="at night",
        hours_known=0.5, near=(("near place", "near kind", 30.0),), reasons=("facility",), partners=("patrol",),
        assess_on=pd.Timestamp("2024-06-01"), usual=3.0, fewer_than=1,
        factors=(("factor kind", "within", 200.0, 2.0, 1.5, 2.7),),
    )  # fmt: skip


def report(_) -> dict:
    score = {"value": 0.5, "low": 0.4, "high": 0.6}
    summary = {
        "incidents": {"read": 10, "kept": 9, "set_aside": {"own reason": 1}},
        "risk": {"hit_rate": {"0.05": score}, "naive": {"own model": {"0.05": 0.2}}},
        "areas": {"n": 2, "shifts": [{"shift": "own shift", "max_over_mean": 1.0, "kept_max_over_mean": 1.1,
                                      "mean_minutes": 5.0, "changed": 0.1}]},
        "workload": {"unit": "index", "parts": {"own part": 1.0}, "sensitivity": [
            {"part": "moved part", "weight": 1.0, "changed_to": 2.0, "units_moved": 1, "share_moved": 0.1,
             "kept_max_over_mean": 1.0}]},
        "checkpoints": {"n": 1, "intercepted_share": 0.1, "border_villages": 2, "border_villages_covered_twice": 1,
                        "border_villages_missing": ["village one"], "by_kind": {}, "border_minutes": 5,
                        "grades": {"own grade": {"n": 1, "intercepted_share": 0.1, "loss": 0.0}}},
    }  # fmt: skip
    scores = pd.DataFrame({"model": ["model a"], "metric": ["metric a"], "value": [1.0], "low": [0.5], "high": [2.0]})
    return {
        "summary": summary, "title": "title", "ledgers": {"own source": summary["incidents"]},
        "top_cells": pd.DataFrame({"own column": ["t1"]}, index=["top label"]),
        "areas": squares().drop(columns="geometry"),
        "sites": pd.DataFrame({"own column": ["u1"], "kind": ["site kind"]}), "scores": scores,
        "past_scores": scores.assign(period="some week"),
        "sheets": [problem_sheet()], "roster": pd.DataFrame({"call_sign": ["duty one"]}),
        "figures": {"own figure": "<svg xmlns='http://www.w3.org/2000/svg'><text>t</text></svg>"},
        "data_span": ("first day", "last day"), "valid_until": "some day", "origins": {"citizen": 5},
        "changes": ["change"], "notes": ["note"], "synthetic": True, "audience": "internal", "language": "en",
        "words": None,
    }  # fmt: skip


CALLS: dict[str, tuple[str, Callable]] = {
    "map_cells": ("map_cells", cells_map),
    "map_cells of labels": ("map_cells", labels_map),
    "map_cells of a series": ("map_cells", series_map),
    "map_plan": ("map_plan", plan_map),
    "map_flows": ("map_flows", flows_map),
    "write_plan_page": ("write_plan_page", plan_page),
    "write_report": ("write_report", report),
}
ELSEWHERE = {"print_sheets", "save_html", "shared_bins", "write_layer", "spoken_borders"}


def arguments(case: str, table) -> tuple[Callable, dict]:
    name, make = CALLS[case]
    return getattr(patrolgeo, name), make(table)


def poisoned(kwargs: dict, poison: Poison) -> dict:
    """Return the arguments with every text replaced, but for words that choose, SVG and cells of the page."""
    out = {}
    for name, value in kwargs.items():
        if name in CHOICES or name == "cells":
            out[name] = value if name != "cells" else value.assign(area=[poison(v) for v in value["area"]])
        elif name == "figures":
            out[name] = {poison(key): figure.replace("<text>", "<script>ran(20)</script><text onload='ran(21)'>")
                         for key, figure in value.items()}  # fmt: skip
        elif name == "summary":
            keep = {"unit": "index", "status": "heuristic"}
            out[name] = poison(value)
            out[name]["workload"] |= {key: v for key, v in keep.items() if key in value["workload"]}
        elif name == "scores":
            out[name] = value.assign(model=poison("model a"), metric=poison("metric a"))
        elif name == "values" and isinstance(value, pd.Series):
            out[name] = value.rename(poison(value.name))
        elif name == "column" and value is not None:
            out[name] = poison(value)
        else:
            out[name] = poison(value)
    return out


def save(case: str, table, path: Path, poison: Poison | None) -> Path:
    function, kwargs = arguments(case, table)
    if poison:
        kwargs = poisoned(kwargs, poison)
    if "path" in inspect.signature(function).parameters:
        return function(path, **kwargs)
    import folium

    m = function(**kwargs)
    folium.LayerControl().add_to(m)
    return patrolgeo.save_html(m, path)


class Counter(HTMLParser):
    """Counts the elements that act, and finds attributes that do."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.acting: dict[str, int] = {}
        self.handlers: list[tuple[str, str]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag in {"script", "style", "img", "iframe", "link", "object", "embed", "svg", "base", "form", "a"}:
            self.acting[tag] = self.acting.get(tag, 0) + 1
        self.handlers += [(tag, key) for key, _ in attrs if key.startswith("on")]

    def handle_data(self, data):
        self.words.append(data)


def parsed(path: Path) -> Counter:
    counter = Counter()
    counter.feed(path.read_text("utf-8"))
    return counter


def test_every_public_map_and_page_is_fed():
    written = {
        name
        for home, names in patrolgeo._HOMES.items()
        if home.split(".")[0] in {"maps", "pages", "report"}
        for name in names.split()
        if inspect.isfunction(getattr(patrolgeo, name))
    }
    assert written == {name for name, _ in CALLS.values()} | ELSEWHERE


@pytest.mark.parametrize("case", CALLS)
def test_every_argument_is_fed(case, table):
    function, kwargs = arguments(case, table)
    taken = set(inspect.signature(function).parameters) - {"path", "m"}
    assert set(kwargs) == taken if "older" not in taken else set(kwargs) <= set(Older.__annotations__)


def test_every_field_of_findings_and_edition_is_fed(table):
    fed = {name for make in (plan_page, report) for name in make(table)}
    assert fed == set(Older.__annotations__)
    assert fed == {f.name for kind in (Findings, Edition) for f in fields(kind)} - {"released"}


@pytest.mark.parametrize("case", CALLS)
def test_no_text_becomes_an_element_a_handler_or_a_template(case, table, tmp_path):
    clean = parsed(save(case, table, tmp_path / "clean.html", None))
    for offset in (0, 11, 22):
        poison = Poison(offset)
        page = parsed(save(case, table, tmp_path / "page.html", poison))
        assert page.acting == clean.acting
        assert page.handlers == clean.handlers
        assert "PATROLGEO_RAN" not in os.environ
        assert poison.given


def test_the_page_of_words_of_ones_own_shows_them_as_written(table, tmp_path):
    words = {key: f"{PAYLOADS[i % 27]} {key}." for i, key in enumerate(load_words("en")) if key != "language"}
    clean = parsed(save("write_plan_page", table, tmp_path / "clean.html", None))
    page = parsed(patrolgeo.write_plan_page(tmp_path / "page.html", **plan_page(table) | {"words": words}))
    assert page.acting == clean.acting
    assert any(words["read_first"] in text for text in page.words)


@pytest.mark.parametrize("text", [*PAYLOADS, "half \ud800 pair"])
def test_escaped_text_survives_two_templates_and_a_script_string(text):
    from jinja2 import Template

    once = Template(Template(f"<i title='{escape(text)}'>{escape(text)}</i>").render()).render()
    found = Counter()
    found.feed(once)
    assert "".join(found.words) == printable(text)
    assert not set("`$\\{}") & set(escape(text))


@pytest.mark.parametrize("ending", ["kml", "geojson", "gpkg"])
def test_a_layer_holds_hostile_text_as_written(tmp_path, ending):
    layer = gpd.GeoDataFrame({"name": PAYLOADS}, geometry=[shapely.Point(1, 2)] * len(PAYLOADS), crs="EPSG:4326")
    layer["own <&'\"{{ column"] = PAYLOADS
    path = patrolgeo.write_layer(layer, tmp_path / f"layer.{ending}")
    if ending == "kml":
        ElementTree.parse(path)  # noqa: S314  our own file
    back = gpd.read_file(path)
    shown = [printable(text) for text in PAYLOADS]
    assert back["Name" if ending == "kml" else "name"].tolist() == shown
    assert any(back[column].tolist() == shown for column in back.columns.drop(["name", "Name"], errors="ignore"))


def test_a_workbook_holds_hostile_text_as_written(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    texts = [*PAYLOADS, "_x0041_", "=HYPERLINK(1)", "@SUM(1)", "+1", "-1"]
    table = pd.DataFrame({"<b>{{ 7 * 7 }}": texts, "number": [float("nan"), *range(1, len(texts))]})
    path = write_workbook(tmp_path / "a.xlsx", {"one": table})
    cells = list(openpyxl.load_workbook(path)["one"].values)
    assert cells[0] == ("<b>{{ 7 * 7 }}", "number")
    decoded = [openpyxl.utils.escape.unescape(text) for text, _ in cells[1:]]
    assert decoded == [printable(text) for text in texts]
    assert cells[1][1] is None
    assert {cell.data_type for row in openpyxl.load_workbook(path)["one"] for cell in row} <= {"s", "n", "inlineStr"}


def office_of(kwargs: dict, folder: Path) -> Path:
    found, edition = given(None, None, kwargs)
    folder.mkdir()
    write_office(folder, found, edition)
    return folder


def texts_of(folder: Path) -> dict[str, set[str]]:
    """All texts that programs read from each file of the office."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(folder / "plan.xlsx")
    assert {cell.data_type for page in book for row in page for cell in row} <= {"s", "n", "b", "inlineStr"}
    assert not [cell for page in book for row in page for cell in row if cell.hyperlink]
    layers = [pyogrio.read_dataframe(folder / "plan.gpkg", layer=name) for name, _ in
              pyogrio.list_layers(folder / "plan.gpkg")]  # fmt: skip
    roots = [ElementTree.parse(folder / f"plan.{kind}").getroot() for kind in ("gpx", "kml")]  # noqa: S314
    return {
        "xlsx": {str(cell.value) for page in book for row in page for cell in row},
        "gpkg": {str(value) for layer in layers for column in layer for value in layer[column]},
        **{kind: {e.text or "" for e in root.iter()} for kind, root in zip(("gpx", "kml"), roots, strict=True)},
    }


def tags_of(folder: Path, kind: str) -> list[tuple[str, tuple[str, ...]]]:
    root = ElementTree.parse(folder / f"plan.{kind}").getroot()  # noqa: S314  our own file
    return [(e.tag, tuple(e.attrib)) for e in root.iter()]


@pytest.mark.parametrize("offset", [0, 16])
def test_office_files_hold_hostile_text_as_written(table, tmp_path, offset):
    told = {k: v for k, v in report(table).items() if k in ("scores", "ledgers", "past_scores")}
    poison, kwargs = Poison(offset), {**plan_page(table), **told}
    clean, folder = office_of(kwargs, tmp_path / "clean"), office_of(poisoned(kwargs, poison), tmp_path / "hostile")
    assert [kind for kind in ("gpx", "kml") if tags_of(clean, kind) != tags_of(folder, kind)] == []
    files = {
        "xlsx": ("area one", "radio one", "site one", "own source", "own reason", "title", "c1"),
        "gpkg": ("area one", "radio one", "site one", "check one", "c1"),
        "gpx": ("area one", "site one", "check one", "title"),
        "kml": ("area one", "radio one", "site one", "check one", "title", "c1"),
    }
    shown = texts_of(folder)
    for kind, texts in files.items():
        for old in texts:
            wanted = printable(poison.given[old])
            assert any(wanted in text for text in shown[kind]), (kind, wanted)
    assert "PATROLGEO_RAN" not in os.environ


# ---- in a browser


FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
WATCH = """
window.RAN = []; window.ran = (n) => { RAN.push(n); return "ran"; };
window.MAPS = []; let kept;
Object.defineProperty(window, "L", {configurable: true, get: () => kept, set(v) {
  kept = v; if (v.Map) v.Map.addInitHook(function () { MAPS.push(this); }); }});
"""
READ = """
() => {
  const texts = [document.title], read = () => {
    const copy = document.body.cloneNode(true);
    for (const gone of copy.querySelectorAll("script, style")) gone.remove();
    texts.push(copy.textContent);
  };
  for (const box of document.querySelectorAll("input")) if (!box.checked) box.click();
  for (const map of MAPS) {
    const layers = []; map.eachLayer((layer) => layers.push(layer));
    for (const layer of layers) {
      if (layer.getTooltip?.()) { layer.openTooltip(); read(); layer.closeTooltip(); }
      if (layer.getPopup?.()) { layer.openPopup(); read(); layer.closePopup(); }
      if (layer.getBounds && !layer.eachLayer) { layer.fire("mouseover", {latlng: layer.getCenter()}, true); read(); }
    }
    const b = map.getBounds();
    for (let i = 1; i < 6; i++) for (let j = 1; j < 6; j++) {
      map.fire("click", {latlng: L.latLng(b.getSouth() + (b.getNorth() - b.getSouth()) * i / 6,
        b.getWest() + (b.getEast() - b.getWest()) * j / 6)});
      read();
    }
  }
  read();
  for (const element of document.querySelectorAll("*")) {
    for (const kind of ["mouseover", "focus", "mouseenter", "click"]) {
      if (kind === "click" && !element.matches("button, .label")) continue;
      element.dispatchEvent(new Event(kind));
      if (kind === "click") read();
    }
    for (const {name, value} of element.attributes) {
      if (/^on/i.test(name)) RAN.push(name);
      if (/^(href|src|action|xlink:href)$/i.test(name) && !/^(data:|#|https:..leafletjs.com)/i.test(value))
        RAN.push(value);
      texts.push(value);
    }
  }
  const search = document.getElementById("search");
  const told = search && JSON.parse(document.getElementById("data").textContent);
  for (const name of told ? told.overlays.flatMap((group) => group.names) : []) {
    search.value = name;
    search.dispatchEvent(new Event("input"));
    read();
    search.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter"}));
    read();
  }
  read();
  return {ran: RAN, text: texts.join("\\n")};
}
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if not Path("/usr/bin/chromium").exists():
        pytest.skip("no /usr/bin/chromium")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is absent")
    with api.sync_playwright() as play:
        context = play.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"), executable_path="/usr/bin/chromium", headless=True, args=FLAGS
        )
        context.set_offline(True)
        context.add_init_script(WATCH)
        yield context
        context.close()


def seen(browser, path: Path) -> tuple[dict, list[str]]:
    """Open a file, touch everything in it; return what ran and was shown, and what was asked of the network."""
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (asked.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: asked.append(f"error {error}"))
    page.goto(path.as_uri())
    page.wait_for_timeout(100)
    found = page.evaluate(READ)
    page.wait_for_timeout(100)
    found["ran"] = page.evaluate("RAN")
    page.close()
    return found, [url for url in asked if not url.startswith(("data:", "blob:", path.as_uri()))]


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.check
@pytest.mark.parametrize("case", CALLS)
def test_in_a_browser_nothing_runs_nothing_is_asked_and_all_is_shown(case, table, tmp_path, browser):
    for offset in range(0, len(PAYLOADS), 3):
        poison = Poison(offset)
        found, asked = seen(browser, save(case, table, tmp_path / f"page{offset}.html", poison))
        assert found["ran"] == []
        assert asked == []
        shown = squeezed(found["text"])
        lost = {old: new for old, new in poison.given.items() if squeezed(printable(new)) not in shown}
        assert not {old for old in lost if old not in SILENT.get(case, ())}, lost


@pytest.mark.check
def test_in_a_browser_words_of_ones_own_are_shown_and_do_nothing(table, tmp_path, browser):
    words = {key: f"{PAYLOADS[i % 27]} {key}." for i, key in enumerate(load_words("en")) if key != "language"}
    for name, make, shown in (("write_plan_page", plan_page, "read_first"), ("write_report", report, "at_a_glance")):
        path = getattr(patrolgeo, name)(tmp_path / "page.html", **make(table) | {"words": words})
        found, asked = seen(browser, path)
        assert found["ran"] == []
        assert asked == []
        assert squeezed(words[shown]) in squeezed(found["text"])
