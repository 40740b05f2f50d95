"""Write `src/patrolgeo/__init__.pyi`, from which editors and type checkers know every public name.

The names are those of `patrolgeo._HOMES`. A function with a flag that changes what it returns gets an overload for
each value of the flag. Run `python .ci/stub.py` after a public name has come, gone or changed; a test says when.
"""

import types
from inspect import Parameter, signature
from pathlib import Path

import patrolgeo

STUB = Path(__file__).parents[1] / "src" / "patrolgeo" / "__init__.pyi"
FLAGS = {
    "return_ledger": ("gpd.GeoDataFrame", "tuple[gpd.GeoDataFrame, Ledger]"),
    "parts": ("pd.Series", "pd.DataFrame"),
}
HEAD = '''"""Public names of patrolgeo with their types; written by `.ci/stub.py`."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, overload

import geopandas as gpd
import pandas as pd

'''


def stub() -> str:
    """Return the text of the stub."""
    plain, flagged = [], []
    for home, names in patrolgeo._HOMES.items():
        for name in names.split():
            flag = flag_of(getattr(patrolgeo, name))
            if flag:
                flagged.append(overloads(name, flag))
            else:
                plain.append(f"from patrolgeo.{home} import {name} as {name}")
    return HEAD + "\n".join([*plain, "", "__version__: str", "__all__: list[str]", "", ""]) + "".join(flagged)


def flag_of(value: object) -> str | None:
    """Return the flag of a function that changes what it returns."""
    if not isinstance(value, types.FunctionType):
        return None
    return next((flag for flag in FLAGS if flag in signature(value).parameters), None)


def overloads(name: str, flag: str) -> str:
    """Return the two signatures of a function, one for each value of its flag."""
    texts = []
    for value, result in zip((False, True), FLAGS[flag], strict=True):
        parameters = dict(signature(getattr(patrolgeo, name)).parameters)
        del parameters[flag]
        written = [written_out(p) for p in parameters.values() if p.kind is not Parameter.VAR_KEYWORD]
        keywords = [i for i, p in enumerate(parameters.values()) if p.kind is Parameter.KEYWORD_ONLY]
        written.insert(keywords[0] if keywords else len(written), "*")
        written.append(f"{flag}: Literal[{value}]" + (" = ..." if value is False else ""))
        written += [f"**{p.name}: Any" for p in parameters.values() if p.kind is Parameter.VAR_KEYWORD]
        inside = "".join(f"    {text},\n" for text in written)
        texts.append(f"@overload\ndef {name}(\n{inside}) -> {result}: ...\n")
    return "".join(texts)


def written_out(parameter: Parameter) -> str:
    """Return a parameter as a stub writes it."""
    hint = parameter.annotation if isinstance(parameter.annotation, str) else "Any"
    return f"{parameter.name}: {hint}" + ("" if parameter.default is Parameter.empty else " = ...")


if __name__ == "__main__":
    STUB.write_text(stub(), encoding="utf-8")
