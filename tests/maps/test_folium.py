import re

import folium
import geopandas as gpd
import pandas as pd
import pytest
import shapely

from patrolgeo import map_cells, map_flows, map_plan, save_html
from patrolgeo.errors import AlignmentError, DataError, PatrolgeoWarning


def test_the_saved_map_loads_nothing_and_repeats_byte_for_byte(tmp_path, cells, areas, sites):
    def saved(name):
        m = map_plan(areas, sites.set_crs(4326), m=map_cells(cells, "risk"))
        return save_html(m, tmp_path / name).read_text("utf-8")

    page = saved("a.html")
    assert not re.search(r'<(script|link|img)\b[^>]*\b(src|href)="(https?:)?//', page)
    assert "L.map" in page
    assert page == saved("b.html")


def test_each_cell_is_one_feature_of_one_layer(cells):
    m = map_cells(cells, "risk")
    layers = [child for child in m._children.values() if isinstance(child, folium.GeoJson)]
    assert [len(layer.data["features"]) for layer in layers] == [len(cells)]


def test_a_series_by_cell_is_enough_and_a_map_is_added_to(grid):
    risk = pd.Series(range(len(grid)), index=grid.cells, name="risk")
    m = folium.Map(tiles=None)
    assert map_cells(risk, m=m) is m


def test_a_table_with_several_numbers_asks_which(cells):
    with pytest.raises(DataError, match="Name the column"):
        map_cells(cells)


def test_tiles_are_said_to_need_a_network(tmp_path):
    with pytest.warns(PatrolgeoWarning, match="tiles"):
        save_html(folium.Map(), tmp_path / "a.html")


def test_labels_cannot_leave_their_tooltip():
    label = "`${alert(1)}<b>"
    shapes = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], index=[label], crs=4326)
    page = map_plan(shapes).get_root().render()
    assert "${alert" not in page
    assert "<b>" not in page


def test_wider_lines_carry_more_and_every_piece_is_in_one_class():
    lines = [shapely.LineString([(k, 0), (k + 1, 0)]) for k in range(6)]
    roads = gpd.GeoSeries(lines, index=list("abcdef"), crs="EPSG:4326")
    load = pd.Series({"a": 1000.0, "b": 900.0, "c": 200.0, "d": 15.0, "e": 0.0})
    page = map_flows(load, roads, caption="<Trips>").get_root().render()
    assert "<Trips>" not in page
    assert page.count('"MultiLineString"') == 4
    assert sum(len(part.split("[[")) for part in re.findall(r'"coordinates": \[\[(.*?)\]\]\]', page)) == 6
    widths = [float(w) for w in re.findall(r'"weight": ([0-9.]+)', page)]
    assert len(set(widths)) == 4
    met = pd.Series({"a": 990.0, "b": 360.0, "c": 10.0})
    page = map_flows(load, roads, met=met).get_root().render()
    assert [page.count(f"intercepted: {text}") for text in ("80 %", "30 to 80 %", "less than 30 %")] == [1, 1, 3]
    with pytest.raises(AlignmentError, match="'z'"):
        map_flows(pd.Series({"z": 1.0}), roads)
    with pytest.raises(DataError, match="no traffic"):
        map_flows(load * 0, roads)
