"""What a step has to say of its own work: a code and its values, worded where it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from patrolgeo.words.messages import load_words, say


class Note(str):
    """One remark as a code and its values, so that every reader gets it in their own language.

    It is its English sentence wherever a text is wanted; pages word it anew.

    Parameters
    ----------
    code
        Key of the message in ``notes.toml`` of each language, without its ``note_``.
    values
        What the message fills in.
    english
        Sentence that says more in English than the message does.

    Examples
    --------
    >>> note = Note("few_origins", {"ran": 3, "wished": 8})
    >>> print(note)
    The forecast was tested at 3 origins; the plan asked for 8, more than this past allows.
    >>> note.worded(load_words("zh"))
    '预测检验了3个时点；方案要求8个，超出现有数据所能支持。'
    """

    code: str
    values: dict[str, Any]

    english: str

    def __new__(cls, code: str, values: Mapping[str, Any] | None = None, english: str = "") -> Self:
        """Make the note; an unknown code is a KeyError."""
        words = load_words("en")
        said = say(words, f"note_{code}", **_worded_values(values or {}, words))
        note = super().__new__(cls, english or said)
        note.code, note.values, note.english = code, dict(values or {}), english
        return note

    def __getnewargs__(self) -> tuple[str, dict[str, Any], str]:  # type: ignore[override]
        """Return what makes the same note again, for copies and other processes."""
        return self.code, self.values, self.english

    def worded(self, words: Mapping[str, str]) -> str:
        """Return the sentence in the language of `words` (`load_words`).

        Values that are notes are worded too, and so are codes: of the value `role` = "roads" the message `role_roads`.
        Several in a tuple are worded one after the other.
        """
        if self.english and words["language"] == "en":
            return self.english
        return say(words, f"note_{self.code}", **_worded_values(self.values, words))


def _worded_values(values: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    return {name: _worded_value(name, value, words) for name, value in values.items()}


def _worded_value(name: str, value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, tuple):
        return words["list_semicolon"].join(str(_worded_value(name, part, words)) for part in value)
    return worded(words.get(f"{name}_{value}", value) if type(value) is str else value, words)


def worded(remark: Any, words: Mapping[str, str]) -> Any:
    """Return a note in the language of `words`; anything else stays as it is."""
    return remark.worded(words) if isinstance(remark, Note) else remark
