"""A sheet for each camera says what the people who live there must know, and escapes what comes from data."""

import geopandas as gpd
import pytest

from patrolgeo.pages.camera_sheets import write_camera_sheets
from patrolgeo.pages.country import words_of_country
from patrolgeo.pages.edition import Edition
from patrolgeo.words.messages import LANGUAGES, load_words

TOLD = {"purpose": "accidents <b>here</b>", "operator": "Town office, tel. 100", "keep_days": 30}
CAMERAS = gpd.GeoDataFrame(
    {"camera": ["8c41a2d6a9b1dff", "8c41a2d6a9b1bff"], "name": ["Market", ""], "roads": ["G1, S2", ""],
     "sees_m": [234.4, 80.0], "adds_share": [0.0123, 0.004], "consulted": ["2026-05-01", None]},
    geometry=gpd.points_from_xy([119.91, 119.92], [31.7, 31.71]), crs="EPSG:4326", index=[1, 2],
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sheet_a_camera_with_purpose_operator_view_and_consultation(tmp_path, language):
    page = write_camera_sheets(tmp_path / "s.html", CAMERAS, TOLD, Edition("Town", language=language)).read_text(
        "utf-8"
    )
    words = load_words(language)
    assert page.count('class="sheet"') == 2
    assert page.count("Town office, tel. 100") == 2
    assert page.count("accidents &lt;b&gt;here&lt;/b&gt;") == 2
    assert words["camera_sheet_open_text"] in page
    assert words["camera_sheet_held_text"].replace("{date}", "2026-05-01") in page
    assert "31.70000, 119.91000" in page
    assert "234" in page
    assert "1.23%" in page
    assert "G1, S2" in page


def test_in_great_britain_pages_speak_of_road_checks():
    words = Edition("Town", words=words_of_country("en", "GB")).table
    assert not [key for key, text in words.items() if "checkpoint" in text.lower()]
    assert "section 4" in words["pace_text"]
    assert words["what_checkpoints"] == "What the road checks meet"
    assert words_of_country("en", "CN") is None
