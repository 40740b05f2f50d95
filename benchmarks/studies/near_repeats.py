"""A published Knox table made again: Burkitt lymphoma in the West Nile district, from the package libpysal."""

import numpy as np
import pandas as pd

from patrolgeo import knox

PUBLISHED = {"pairs": [[13, 3416], [39, 14110]], "expected": [[10.1438161, 3418.85618], [41.856139, 14107.1438]]}


def burkitt(*_, distance, days):
    """Return the two-by-two table of close pairs, ours beside that of the tests of pointpats."""
    import libpysal

    cases = libpysal.io.open(libpysal.examples.get_path("burkitt.dbf"))
    coords = np.array([cases.by_col("X"), cases.by_col("Y")], float).T
    day = np.array(cases.by_col("T"), float)
    found = knox(coords, day, [0, distance + 1e-6, 1e9], [0, days + 1e-6, 1e9], random_state=0)  # closed bands there
    rows = [
        (place, time, int(found.observed[i, j]), PUBLISHED["pairs"][i][j], found.expected[i, j],
         PUBLISHED["expected"][i][j])
        for i, place in enumerate(("near", "far"))
        for j, time in enumerate(("soon", "later"))
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["place", "time", "pairs", "published_pairs", "expected", "published_expected"])
