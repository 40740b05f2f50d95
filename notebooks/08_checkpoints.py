# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# %% [markdown]
# # 08 · Checkpoints: the county's 16 border roads
#
# Where does traffic pass, which checkpoints meet most of it, what does one more buy, what when drivers go around, who
# covers the villages at the borders, and how is an area enclosed at least cost?
#
# The sample county is **synthetic**: every name and number in it is invented. Flows are a gravity model, a planning
# value, until gates have counted. A checkpoint controls a place, and is no ground for suspecting who passes it.

# %%
from functools import partial

import folium
import geopandas as gpd
import pandas as pd

import patrolgeo as pg

county = pg.sample_folder()

# %%
roads = pg.RoadGraph.from_lines(pg.read_roads(county / "roads.geojson"))
villages = pg.read_population(county / "villages.csv")
borders = gpd.read_file(county / "borders.geojson")
crossings = borders[borders["kind"] == "crossing"].set_index("name")
townships = gpd.read_file(county / "townships.geojson").set_index("name")


def points(file):
    table = pd.read_csv(county / file)
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs="EPSG:4326")


forces, posts = points("forces.csv"), points("checkpoints.csv")
stations = forces[forces["role"] == "station"].set_index("name")
crossings[["neighbour", "road_class", "road"]]

# %% [markdown]
# ## 1 · One step: traffic, sites, staffing, shared borders

# %%
ask = partial(
    pg.plan_checkpoints, roads, villages, crossings=crossings, areas=townships, stations=stations, existing=posts,
    reach_minutes=30, random_state=1,
)  # fmt: skip
plan = ask(12)
{name: value for name, value in plan.summary().items() if name != "border_villages_missing"}

# %% [markdown]
# Width shows the flow; circles are the checkpoints in the order of their gain.

# %%
load = plan.paths.load(plan.flows)
lines = roads.edges.loc[load[load > load.quantile(0.7)].index]
sites = plan.interception.to_gdf(roads.edges.geometry)
m = folium.Map(location=[24.33, 107.36], zoom_start=10, tiles=None)
for label, line in lines.geometry.items():
    width = 1 + 9 * float(load[label] / load.max())
    folium.PolyLine([(y, x) for x, y in line.coords], weight=width, color="#555555").add_to(m)
for site in sites.itertuples():
    at = site.geometry.interpolate(0.5, normalized=True)
    text = f"{site.rank}: {site.gain:,.0f} trips more"
    folium.CircleMarker([at.y, at.x], radius=6, color="#b30000", fill=True, tooltip=text).add_to(m)
m

# %% [markdown]
# ## 2 · What one more checkpoint buys

# %%
shares = {}
for n in (2, 4, 8, 12, 13, 16):
    more = pg.intercept_flows(plan.paths, plan.flows, n)
    shares[n] = {"intercepted": more.intercepted_share, "bound": more.bound / plan.flows.sum(), "status": more.status}
pd.DataFrame(shares).T

# %% [markdown]
# ## 3 · A market day
#
# On a market day the town draws more. The same sites meet another share of the traffic.

# %%
markets = pd.read_csv(county / "markets.csv", parse_dates=["date"])
today = markets.loc[markets["date"] == "2023-01-05", "township"]
drawn = villages["population"] * (1 + 2.0 * (villages["township"].isin(today) & (villages["kind"] != "village")))
market = ask(12, attraction=drawn)
list(today), plan.interception.intercepted_share, market.interception.intercepted_share

# %% [markdown]
# ## 4 · When drivers go around
#
# A flow counts only when no way up to ten per cent longer avoids the sites; a search of the whole network says so.

# %%
busiest = plan.flows.nlargest(300)
zones = gpd.GeoSeries(pd.concat([villages.geometry, crossings.geometry], ignore_index=True), crs="EPSG:4326")
plain = pg.intercept_flows(pg.flow_paths(roads, busiest, zones), busiest, 8)
evasive = pg.intercept_evasive_flows(roads, busiest, 8, 0.1, zones, max_rounds=4)
plain.intercepted_share, evasive.intercepted_share, evasive.bound / busiest.sum()

# %% [markdown]
# ## 5 · Grades of duty
#
# Raising the grade adds posts and moves none; `loss` is what that costs against planning each grade alone.

# %%
model = partial(pg.intercept_flows, plan.paths, plan.flows)
pg.nested_tiers(model, {"normal": 4, "raised": 8, "highest": 16}).table

# %% [markdown]
# ## 6 · Villages at the borders of townships: who briefs whom

# %%
plan.joint.briefings

# %%
plan.joint.missing[["area", "neighbour", "demand", "own_minutes", "other_minutes"]].head()

# %% [markdown]
# ## 7 · Ring control: enclose an area at least cost, with a gate for ambulance and fire

# %%
town = gpd.GeoSeries([stations.geometry.iloc[0]], crs="EPSG:4326").to_crs(32648).buffer(4000)
hospitals = points("places.csv")
hospitals = hospitals[hospitals["kind"].eq("hospital")]
ring = pg.seal_cordon(
    roads, town, depth=6, valid_until="2024-03-01 18:00", basis="example: order of the county bureau",
    population=villages, hospitals=hospitals,
)  # fmt: skip
ring.summary()
