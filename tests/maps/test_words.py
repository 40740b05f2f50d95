import string
import tomllib
from importlib.resources import files

from patrolgeo.maps.words import caveats, load_words, number

FORMATTER = string.Formatter()


def fields(text):
    return sorted(name for _, name, _, _ in FORMATTER.parse(text) if name)


def test_both_languages_say_every_message_with_the_same_values():
    sections = tomllib.loads(files("patrolgeo.maps").joinpath("words.toml").read_text("utf-8"))
    for section in sections.values():
        for key, both in section.items():
            assert set(both) == {"en", "zh"}, key
            assert fields(both["en"]) == fields(both["zh"]), key


def test_no_key_is_used_in_two_sections():
    sections = tomllib.loads(files("patrolgeo.maps").joinpath("words.toml").read_text("utf-8"))
    keys = [key for section in sections.values() for key in section]
    assert len(keys) == len(set(keys))


def test_a_hexagon_is_never_called_a_management_grid():
    assert not any("网格" in text for text in load_words("zh").values())


def test_officer_records_are_told_apart():
    lines = caveats(load_words("en"), origins={"citizen": 90, "officer": 10})
    assert any("90 by people who called, 10 by officers" in line for line in lines)
    assert any("not known" in line for line in caveats(load_words("en")))


def test_numbers_are_short():
    assert [number(x) for x in (1234567.8, 0.5, 1 / 3, 1e-7, -3.14159)] == [
        "1,234,568",
        "0.5",
        "0.333",
        "1.0e-07",
        "-3.14",
    ]
