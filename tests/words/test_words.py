import copy
import pickle
import tomllib
from importlib.resources import files

import pytest

from patrolgeo.errors import DataError
from patrolgeo.words.messages import _VALUE, LANGUAGES, load_words, number, say
from patrolgeo.words.note import Note, worded


def test_every_language_says_every_message_with_the_same_values():
    english = load_words("en")
    for language in LANGUAGES:
        words = load_words(language)
        assert set(words) == set(english), language
        for key, text in words.items():
            assert sorted(_VALUE.findall(text)) == sorted(_VALUE.findall(english[key])), (language, key)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_stands_in_two_files(language):
    folder = files("patrolgeo.words").joinpath(language)
    keys = [key for part in folder.iterdir() for key in tomllib.loads(part.read_text(encoding="utf-8"))]
    assert len(keys) == len(set(keys))


def test_a_hexagon_is_never_called_a_management_grid():
    assert not any("网格" in text for text in load_words("zh").values())


def test_own_words_with_values_the_message_lacks_are_refused():
    with pytest.raises(DataError, match=r"no value \{name\}; its values are: \{n\}"):
        load_words("en", {"area_n": "Area {name}"})
    with pytest.raises(DataError, match="must be text"):
        load_words("en", {"area_n": 3})
    with pytest.raises(DataError, match="did you mean 'area_n'"):
        load_words("en", {"area_nn": "x"})
    with pytest.raises(DataError, match="or plainly"):
        load_words("en", {"hit_tile": "{share:>999999999}"})


def test_braces_that_are_no_value_stay_as_written():
    assert say(load_words("en", {"area_n": "{{ 7 * 7 }} {0.x} ${n}"}), "area_n", n=3) == "{{ 7 * 7 }} {0.x} $3"


def test_a_note_is_its_english_sentence_and_can_be_worded_in_any_language():
    note = Note("few_origins", {"ran": 3, "wished": 8})
    assert "tested at 3 origins" in note
    assert "3个时点" in worded(note, load_words("zh"))
    assert worded("as it is", load_words("zh")) == "as it is"
    for again in (pickle.loads(pickle.dumps(note)), copy.deepcopy(note)):
        assert (again, again.code, again.values) == (note, note.code, note.values)
    with pytest.raises(KeyError):
        Note("no such code")


def test_numbers_are_short():
    assert [number(x) for x in (1234567.8, 0.5, 1 / 3, 1e-7, -3.14159)] == [
        "1,234,568",
        "0.5",
        "0.333",
        "1.0e-07",
        "-3.14",
    ]
