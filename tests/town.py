"""A small town as the files of a plan: quick to run, with everything that a plan needs."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely


def write_town(folder, weeks, hot_from=None):
    """A town of even incidents; from a week on one corner has many more."""
    rng = np.random.default_rng(4)
    gpd.GeoDataFrame(geometry=[shapely.box(119.90, 31.70, 119.96, 31.75)], crs="EPSG:4326").to_file(
        folder / "area.geojson"
    )
    rows = []
    for week in range(weeks):
        many = 30 + (25 if hot_from is not None and week >= hot_from else 0)
        lon, lat = 119.902 + 0.056 * rng.random(many), 31.702 + 0.046 * rng.random(many)
        lon[30:], lat[30:] = 119.9035, 31.7035
        times = pd.Timestamp("2023-01-02") + pd.to_timedelta(7 * week * 24 + rng.integers(0, 168, many), unit="h")
        rows.append(pd.DataFrame({"datetime": times, "category": "theft", "lon": lon, "lat": lat}))
    table = pd.concat(rows, ignore_index=True)
    table.loc[len(table) - 1, "datetime"] = pd.Timestamp("2023-01-02") + pd.Timedelta(days=7 * weeks, hours=-1)
    table.rename_axis("id").reset_index().to_csv(folder / "incidents.csv", index=False)
    people = pd.DataFrame({"lon": np.repeat(np.linspace(119.905, 119.955, 6), 5),
                           "lat": np.tile(np.linspace(31.705, 31.745, 5), 6), "population": 300})  # fmt: skip
    people.to_csv(folder / "people.csv", index=False)
    (folder / "plan.toml").write_text(
        'title = "Town"\npreset = "city"\n[incidents]\nfile = "incidents.csv"\n[area]\nfile = "area.geojson"\n'
        '[population]\nfile = "people.csv"\n[analysis]\nresolution = 8\norigins = 4\n[areas]\nn = 3\n[sites]\nn = 2\n'
    )
    return folder / "plan.toml"
