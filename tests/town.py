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


CONTROL = """
[forces]
file = "forces.csv"
[roads]
file = "roads.geojson"
[places]
file = "places.csv"
[current]
file = "sides.geojson"
[shifts]
file = "shifts.csv"
[gates]
file = "gates.csv"
[checkpoints]
n = 2
purpose = "safety at the school gates"
basis = "order 7 of 2023"
valid_until = "2024-01-31"
border_minutes = 6.0
grades = {raised = 3}
[[cordon]]
name = "ring around West"
inside = ["West"]
basis = "order 8 of 2023"
valid_until = "2024-01-05 18:00"
depth = 3
costs = {national = 4}
gate_to = ["clinic"]
[posts]
reach_minutes = 3.0
[[posts.forces]]
kind = "social"
places = ["school"]
n = {day = 2}
[[posts.forces]]
kind = "dedicated"
places = ["market", "clinic"]
n = {night = 1}
officers = 20
[tiers]
minutes = {urgent = 3.0, soon = 9.0}
[weak]
reach_minutes = 5.0
share = 0.05
[cameras]
n = 3
purpose = "accidents at the crossings"
operator = "Town office, tel. 100"
kinds = ["market"]
road_classes = ["national"]
include = {worship = "2023-05-01"}
"""


def add_control(plan):
    """Add streets, places, forces, shifts and gates to a town, and every wish that needs them."""
    folder = plan.parent
    _write_streets(folder / "roads.geojson")
    (folder / "forces.csv").write_text(
        "name,kind,role,officers,vehicles,start,end,speed_kmh,lon,lat\n"
        "North,dedicated,station,9,1,00:00,24:00,40,119.92,31.74\n"
        "South,dedicated,station,7,1,08:00,20:00,40,119.945,31.71\nGuard,social,guard,3,0,07:00,19:00,5,119.91,31.72\n",
        encoding="utf-8",
    )
    (folder / "places.csv").write_text(
        "name,kind,lon,lat\nOld School,school,119.9125,31.7225\nNew School,school,119.9475,31.7375\n"
        "Hill School,school,119.9325,31.7125\nMain Market,market,119.9325,31.7275\nClinic,clinic,119.9225,31.7275\n"
        "Temple,worship,119.9425,31.7275\n",
        encoding="utf-8",
    )
    (folder / "shifts.csv").write_text("name,start,end\nday,08:00,18:00\nnight,22:00,06:00\n", encoding="utf-8")
    (folder / "gates.csv").write_text("name,count,lon,lat\nGate 1,900,119.9275,31.7175\n", encoding="utf-8")
    sides = [shapely.box(119.90, 31.70, 119.93, 31.75), shapely.box(119.93, 31.70, 119.96, 31.75)]
    gpd.GeoDataFrame({"name": ["West", "East"]}, geometry=sides, crs="EPSG:4326").to_file(folder / "sides.geojson")
    plan.write_text(plan.read_text(encoding="utf-8") + CONTROL, encoding="utf-8")
    return plan


def _write_streets(path):
    """A net of streets every 500 m, and a national road across it."""
    xs, ys = 119.9025 + 0.005 * np.arange(12), 31.7025 + 0.005 * np.arange(10)
    lines = [shapely.LineString([(xs[0], y), (xs[-1], y)]) for y in ys]
    lines += [shapely.LineString([(x, ys[0]), (x, ys[-1])]) for x in xs]
    kinds = ["national" if k == 5 else "street" for k in range(len(lines))]
    names = [f"Street {k + 1}" for k in range(len(lines))]
    table = gpd.GeoDataFrame({"name": names, "road_class": kinds, "speed_kmh": 30.0}, geometry=lines, crs="EPSG:4326")
    table.to_file(path)
