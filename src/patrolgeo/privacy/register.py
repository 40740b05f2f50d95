"""The register of releases: what was published before, so that a later release cannot be subtracted from it."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from patrolgeo._checks import check_columns
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.files import check_target, whole_file

KEY = ["category", "period", "cell"]


def join_earlier(
    register: str | Path, leaves: pd.DataFrame, block: Ints, counts: Floats, threshold: float
) -> tuple[Ints, Array]:
    """Return the blocks joined with those of the register, and their sums, missing where they may not be published.

    A block of the new release and one of an earlier one that share a count become one. So every number published now
    is a sum of numbers published before, or is about counts never published. A sum that has changed by less than the
    threshold is repeated as it was. A block that joins published counts with others, or with counts that this release
    lacks, is withheld.
    """
    earlier = read_register(register)
    _check_comparable(earlier, leaves)
    both = leaves.assign(new=block, at=np.arange(len(leaves))).merge(earlier, on=KEY, how="outer", sort=False)
    number = _components(both["new"].to_numpy(float), both["block"].to_numpy(float))
    here, known = both["new"].notna().to_numpy(), both["block"].notna().to_numpy()
    joined = np.empty(len(leaves), np.int64)
    joined[both["at"].to_numpy()[here].astype(np.int64)] = number[here]

    size = number.max() + 1
    sums = np.bincount(joined, counts, minlength=size)
    fresh, gone = np.zeros(size, bool), np.zeros(size, bool)
    fresh[number[~known]] = True
    gone[number[~here]] = True
    each = both[known].assign(number=number[known]).drop_duplicates("block")
    before = each.groupby("number")["sum"].sum().reindex(range(size)).to_numpy()
    published = np.isfinite(before)
    sums = np.where(published & (np.abs(sums - before) < threshold), before, sums)
    withheld = gone | (fresh & published) | ((sums > 0) & (sums < threshold))
    return joined, np.where(withheld, np.nan, sums)


def read_register(register: str | Path) -> pd.DataFrame:
    """Return what was published: category, period, cell, block and the block's sum; no rows when there is no file.

    Raises
    ------
    DataError
        When the file is not a register of releases.
    """
    if not Path(register).exists():
        return pd.DataFrame({"category": [], "period": pd.to_datetime([]), "cell": [], "block": [], "sum": []})
    try:
        found = pd.read_parquet(register)
        check_columns(found, [*KEY, "block", "sum"], "the register")
    except (ValueError, OSError, KeyError) as problem:
        raise DataError(f"{register} is not a register of releases: {problem}") from None
    return found


def check_register(register: str | Path) -> None:
    """Raise now what would fail when a release is written into the register.

    Raises
    ------
    DataError
        When the file is not a register of releases, or its name is that of a folder or device.
    OSError
        When its folder cannot be written.
    """
    read_register(register)
    check_target(register)


def write_release(register: str | Path, leaves: pd.DataFrame, sums: Array) -> None:
    """Write the published blocks into the register, beside earlier ones whose counts were not published now."""
    now = leaves[KEY].assign(block=leaves["block"], sum=sums[leaves["block"]]).dropna(subset=["sum"])
    earlier = read_register(register)
    stays = ~pd.MultiIndex.from_frame(earlier[KEY]).isin(pd.MultiIndex.from_frame(now[KEY]))
    shift = leaves["block"].max() + 1
    whole = pd.concat([now, earlier[stays].assign(block=earlier["block"][stays] + shift)], ignore_index=True)
    with whole_file(register) as beside:
        whole.to_parquet(beside, index=False)


def _components(new: Floats, old: Floats) -> Ints:
    """Number the rows so that rows that share a new or an old block get the same number; missing links nothing."""
    n = len(new)
    a, b = np.flatnonzero(np.isfinite(new)), np.flatnonzero(np.isfinite(old))
    new_number, old_number = pd.factorize(new[a])[0], pd.factorize(old[b])[0]
    offset = n + (new_number.max() + 1 if len(a) else 0)
    links = (np.r_[a, b], np.r_[n + new_number, offset + old_number])
    size = int(offset + (old_number.max() + 1 if len(b) else 0))
    graph = sparse.coo_matrix((np.ones(len(links[0])), links), shape=(size, size))
    return pd.factorize(connected_components(graph, directed=False)[1][:n])[0]


def _check_comparable(earlier: pd.DataFrame, leaves: pd.DataFrame) -> None:
    """Refuse a release whose periods, categories or cells cut across those of an earlier one."""
    was, now = earlier["period"], leaves["period"]
    first, last = max(was.min(), now.min()), min(was.max(), now.max())
    for name in KEY:
        old = set(earlier.loc[was.between(first, last), name])
        new = set(leaves.loc[now.between(first, last), name])
        if old and new and old != new:
            odd = sorted(map(str, old ^ new))[0]
            raise DataError(
                f"An earlier release of this time is in the register with other {name} labels (for example {odd}): "
                "the two could be subtracted from each other. Release the same periods, categories and cells as before."
            )
