"""PAI of counts and of kernel density, and how alike their ranks are, by the rule of a number counted without us."""

import h3
import pandas as pd

from patrolgeo import HexGrid, hit_rate, kernel_density, pai

# top 1 % and 5 % of the cells that had an incident in either year, ranked by the count of 2014, scored on 2015
COUNTED = {0.01: (8397, 8.99259), 0.05: (24965, 5.31114)}


def ranks(incidents, _, *, data, resolution, bandwidths):
    """Return hits and PAI of each map at 1 % and 5 % of the cells, and its rank correlation with the counts."""
    rows = incidents[data]
    year = rows["time"].dt.year
    at = zip(rows.geometry.y, rows.geometry.x, strict=True)
    used = HexGrid.from_cells(sorted({h3.latlng_to_cell(lat, lon, resolution) for lat, lon in at}))
    past, then = (rows[year == y] for y in (2014, 2015))
    counts, happened = (used.locate(some).value_counts().reindex(used.cells, fill_value=0) for some in (past, then))
    order = pd.Series(range(len(counts), 0, -1), index=counts.index) / (
        2 * len(counts)
    )  # cells with equal counts by id
    maps = {"counts": counts, "counts, ties by cell id": counts + order} | {
        f"density, {b} m": kernel_density(past, used, b) for b in bandwidths
    }
    found = []
    for name, said in maps.items():
        for share, (hits, published) in COUNTED.items():
            n = round(share * len(used)) / len(used)
            mine = (hit_rate(happened, said, n) * happened.sum(), pai(happened, said, n))
            theirs = (hits, published) if name.startswith("counts") else (None, None)
            found.append((name, share, *mine, *theirs, counts.corr(said, method="spearman")))
    names = ["map", "area_share", "hits", "pai", "counted hits", "counted pai", "rank correlation with counts"]
    return pd.DataFrame(found, columns=names)
