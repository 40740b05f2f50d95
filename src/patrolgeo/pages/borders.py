"""The border of a patrol area as it is spoken on the radio: "north: river Lan; east: S210"."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from patrolgeo._checks import align, check_columns
from patrolgeo.words.messages import load_words, say


def spoken_borders(
    borders: pd.DataFrame, names: pd.Series, language: str = "en", words: Mapping[str, str] | None = None
) -> pd.Series:
    """Return the border of each area as one sentence, in English or Chinese.

    Parameters
    ----------
    borders
        As `describe_borders` returns it: `area, side, kind, name`.
    names
        Name of each area (Series by area).
    language
        "en" or "zh".
    words
        Own wording by key, see `load_words`.

    Returns
    -------
    Series by area, named "spoken_border".

    Raises
    ------
    MissingColumnError
        When `borders` lacks one of its columns.
    DataError
        When the language or a key of `words` is not known.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import spoken_borders
    >>> borders = pd.DataFrame({"area": [0, 0, 0], "side": ["north", "east", "south"],
    ...                         "kind": ["river", "area", "edge"], "name": ["Lan", 1, ""]})
    >>> spoken_borders(borders, pd.Series({0: "Elm", 1: "Oak"})).loc[0]
    'north: river Lan; east: area Oak; south: edge of the study area'
    >>> spoken_borders(borders, pd.Series({0: "榆树", 1: "橡树"}), "zh").loc[0]
    '北：Lan；东：橡树巡区；南：辖区边界'
    """
    check_columns(borders, ["area", "side", "kind", "name"], "borders")
    table = load_words(language, words)
    texts = [_thing(kind, name, names, table) for kind, name in zip(borders["kind"], borders["name"], strict=True)]
    by_side = borders.assign(text=texts).groupby(["area", "side"], sort=False)["text"].agg(table["list_mark"].join)
    sides = [say(table, f"side_{side}", things=text) for (_, side), text in by_side.items()]
    spoken = pd.Series(sides, by_side.index.get_level_values("area")).groupby(level=0, sort=False)
    return spoken.agg(table["sentence_mark"].join).rename("spoken_border")


def _thing(kind: str, name: object, names: pd.Series, words: Mapping[str, str]) -> str:
    if kind == "area":
        called = str(align(names, pd.Index([name]), "names", "areas").iloc[0])
        before, _, after = words["area_n"].partition("{n}")
        numbered = called.startswith(before) and called.endswith(after) and called[len(before) :][:1].isdigit()
        return called if numbered else say(words, "border_area", name=called)  # not "area Area 3"
    if kind == "edge":
        return words["border_edge"]
    if not name:
        return words.get(f"line_{kind}", kind)
    return say(words, f"named_{kind}", name=name) if f"named_{kind}" in words else str(name)
