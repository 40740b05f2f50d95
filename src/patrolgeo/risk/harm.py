"""Two rankings of the same ground: by how much happens, and by how much harm it does."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from patrolgeo._checks import align, as_floats, check_type, nearest
from patrolgeo.errors import DataError


def rank_by_harm(expected: Mapping[str, pd.Series] | pd.DataFrame, harm: Mapping[str, float]) -> pd.DataFrame:
    """Which cells come first when incidents count, and which when their harm counts?

    A theft and a robbery are one incident each; a harm index weighs them, for example by the days of the sentence at
    which a court starts (Cambridge Crime Harm Index) or by the user's own scale. A table of a country is not shipped:
    take the one that your office has agreed on. A few grave incidents can carry the harm of a cell, so its rank is the
    less sure one of the two.

    Parameters
    ----------
    expected
        Expected (or recorded) incidents of each category by cell: a mapping from category to a Series by cell, or a
        table of cells x categories. One row a category of ``predict`` is such a Series.
    harm
        Harm of an incident of each category, 0 or more, in any unit. It may hold categories that are not in `expected`.

    Returns
    -------
    DataFrame by cell with `count`, `harm`, `rank_by_count` and `rank_by_harm` (1 is the highest; equal values share
    the better rank), ordered by harm, then by count, then by label.

    Raises
    ------
    DataError
        When there is no category, one has no harm, or a number is negative or missing.
    AlignmentError
        When the categories do not hold the same cells.

    References
    ----------
    Sherman, Neyroud and Neyroud 2016, doi:10.1093/police/paw003.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import rank_by_harm
    >>> expected = {"theft": pd.Series({"a": 5.0, "b": 1.0}), "robbery": pd.Series({"a": 0.0, "b": 0.5})}
    >>> rank_by_harm(expected, {"theft": 2, "robbery": 365}).to_dict("index")["b"]
    {'count': 1.5, 'harm': 184.5, 'rank_by_count': 2, 'rank_by_harm': 1}
    """
    kinds = list(expected)
    if not kinds:
        raise DataError("expected holds no category to rank.")
    for kind in kinds:
        if kind not in harm:
            raise DataError(f"harm has no weight for the category {kind!r}{nearest(str(kind), harm)}")
    for kind in kinds:
        check_type(expected[kind], pd.Series, f"expected[{kind!r}]", "a Series by cell")
    cells = max((expected[kind].index for kind in kinds), key=len)
    counts = np.array([as_floats(align(expected[kind], cells, f"expected[{kind!r}]"), "expected") for kind in kinds])
    weights = as_floats([harm[kind] for kind in kinds], "harm")
    for name, values in (("expected", counts), ("harm", weights)):
        if not (np.isfinite(values) & (values >= 0)).all():
            raise DataError(f"{name} must hold numbers of 0 or more.")
    table = pd.DataFrame({"count": counts.sum(axis=0), "harm": weights @ counts}, index=cells.rename("cell"))
    for name in ("count", "harm"):
        table[f"rank_by_{name}"] = table[name].rank(method="min", ascending=False).astype(int)
    return table.sort_index(kind="stable").sort_values(["harm", "count"], ascending=False, kind="stable")
