"""What a category means: a table that the user can edit gives each code or name a kind, and what patrols can do."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.errors import DataError, MissingColumnError
from patrolgeo.files import check_file
from patrolgeo.sources.ledger import Ledger

SHIPPED = ("nibrs", "ucr", "home_office", "china")
TRAITS = ("kind", "group", "preventable", "officer_made", "sensitive")
_COLUMNS = ("code", "names", "kind", "group", "preventable", "officer", "sensitive")
_YES = {
    "yes": True,
    "y": True,
    "true": True,
    "1": True,
    "是": True,
    "no": False,
    "n": False,
    "false": False,
    "0": False,
}
_YES |= {"否": False, "": False}


def kind_table(kinds: Any) -> pd.DataFrame:
    """Return a table of kinds: shipped, a file of one's own (CSV), or a frame.

    A shipped one is the start of one's own: ``kind_table("nibrs").to_csv("ours.csv", index=False)``.

    Parameters
    ----------
    kinds
        "nibrs" (FBI codes), "ucr" (FBI summary codes), "home_office" (counting-rule codes of England and Wales, the
        words of data.police.uk), "china" (刑事、治安、交通、纠纷、求助、无效), a path, or a frame like them.

    Returns
    -------
    DataFrame with ``code`` and ``names`` (several with semicolons), ``kind``, ``group``, and yes or no for
    ``preventable`` (a patrol in the street can prevent it), ``officer`` (usually made by officers: work) and
    ``sensitive`` (no place below township level is shown).

    Raises
    ------
    DataError
        When the name is not that of a shipped table, and no CSV.
    MissingColumnError
        When the table lacks one of its columns.
    MissingFileError
        When the file does not exist.

    Examples
    --------
    >>> from patrolgeo import kind_table
    >>> kind_table("nibrs").set_index("code").loc["220", ["kind", "preventable"]].tolist()
    ['burglary', 'yes']
    """
    if isinstance(kinds, pd.DataFrame):
        table = kinds.astype("str")
    elif str(kinds).endswith(".csv"):
        table = pd.read_csv(check_file(kinds, "table of kinds"), dtype="str", encoding="utf-8-sig")
    elif kinds in SHIPPED:
        table = _shipped(str(kinds))
    else:
        raise DataError(f"kinds={str(kinds)!r} is not known{nearest(str(kinds), SHIPPED)} Known: {', '.join(SHIPPED)}, "
                        "or the path of a CSV.")  # fmt: skip
    absent = [c for c in _COLUMNS if c not in table.columns]
    if absent:
        raise MissingColumnError(f"The table of kinds lacks {', '.join(absent)}; it needs {', '.join(_COLUMNS)}.")
    return table[list(_COLUMNS)].fillna("")


@cache
def _shipped(name: str) -> pd.DataFrame:
    with files("patrolgeo.sources").joinpath("kind_tables", f"{name}.csv").open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype="str", keep_default_na=False)


def map_kinds(category: pd.Series, kinds: Any) -> pd.DataFrame:
    """Which kind is each category?

    A category is looked up by its code ("0220" is not "220"), by its name without regard to case and punctuation, by a
    code that it begins with ("220 Burglary"), and, in Chinese, by the longest name that it contains.

    Parameters
    ----------
    category
        Text by row.
    kinds
        As in `kind_table`.

    Returns
    -------
    DataFrame by row: ``kind, group, preventable, officer_made, sensitive``; missing where the table lacks a
    category.

    Raises
    ------
    DataError
        When `kinds` is not known, or an answer in its yes-or-no columns is neither.
    MissingColumnError
        When the table of kinds lacks one of its columns.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import map_kinds
    >>> map_kinds(pd.Series(["220", "Motor Vehicle Theft", "spaceship"]), "nibrs")[["kind", "preventable"]]
                kind preventable
    0       burglary        True
    1  vehicle theft        True
    2            NaN        <NA>
    """
    table = kind_table(kinds)
    codes, names = _index(table, "code"), _index(table, "names")
    known = {value: _row_of(str(value), codes, names) for value in pd.Series(category).dropna().unique()}
    rows = pd.Series(category).map(known).astype("Int64")
    found = table.reindex(rows.fillna(-1).astype(int)).set_axis(pd.Series(category).index)
    traits = {"kind": found["kind"], "group": found["group"]}
    for trait, column in (("preventable", "preventable"), ("officer_made", "officer"), ("sensitive", "sensitive")):
        answers = found[column].str.strip().str.lower()
        _check_answers(answers, column)
        traits[trait] = answers.map(_YES).astype("boolean")
    return pd.DataFrame(traits)


def _check_answers(answers: pd.Series, column: str) -> None:
    strange = sorted(set(answers.dropna()) - _YES.keys())
    if strange:
        raise DataError(f"The table of kinds: {column} is {strange[0]!r} in a row; write yes or no.")


def _index(table: pd.DataFrame, column: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for row, text in enumerate(table[column]):
        for word in str(text).split(";"):
            if plain_word(word):
                found.setdefault(plain_word(word), row)
    return found


def plain_word(text: str) -> str:
    """Return a category without case, punctuation and width, for comparison."""
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text)).strip().lower()


def _row_of(value: str, codes: dict[str, int], names: dict[str, int]) -> int | None:
    word = plain_word(value)
    first = word.split(" ")[0]
    exact = codes.get(plain_word(value), names.get(word))
    if exact is not None:
        return exact
    if first in codes and re.search(r"\d", first):
        return codes[first]
    inside = [name for name in names if not name.isascii() and name in word]
    return names[max(inside, key=len)] if inside else None


def with_kinds(table: pd.DataFrame, kinds: Any, ledger: Ledger) -> pd.DataFrame:
    """Return the rows with the traits of their kind, and list the categories without one by how many rows they have."""
    traits = map_kinds(table["category"], kinds)
    unknown = traits["kind"].isna().to_numpy() & (table["category"] != "unknown").to_numpy()
    if unknown.any():
        counts = table["category"][unknown].value_counts()
        listed = ", ".join(f"{name} ({rows:,})" for name, rows in counts.head(20).items())
        more = f" and {len(counts) - 20} more" if len(counts) > 20 else ""
        ledger.noted("unmapped_kinds", unknown, f"{len(counts):,} categories: {listed}{more}.")
    return table.assign(**{name: traits[name] for name in TRAITS})
