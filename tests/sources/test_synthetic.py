"""The sample county is what its specification says, number by number, and the same every time it is made."""

import filecmp

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.stats import chi2, spearmanr

from patrolgeo import DataError, MissingFileError, load_sample, make_county, sample_folder, write_sample
from patrolgeo.crs import local_xy, to_local
from patrolgeo.sources.datum import to_wgs84
from patrolgeo.sources.synthetic.calendar import DAYS, days_to_festival, is_harvest, lunar_day
from patrolgeo.sources.synthetic.categories import CATEGORIES, PLACED
from patrolgeo.sources.synthetic.intensity import REPEAT_DAYS, repeat_lags


@pytest.fixture(scope="module")
def county():
    return make_county(seed=1)


@pytest.fixture(scope="module")
def rows(county):
    """Records beside their truth, times parsed."""
    truth = county.incidents_truth.add_prefix("true_").rename(columns=lambda c: c.replace("true_true_", "true_"))
    both = county.incidents.join(truth)
    return both.assign(**{c: pd.to_datetime(both[c]) for c in ("time", "time_end", "true_time")})


@pytest.fixture(scope="module")
def cells_8(county):
    ring = shapely.get_coordinates(county.area.geometry.iloc[0])
    return h3.polygon_to_cells_experimental(h3.LatLngPoly([(b, a) for a, b in ring]), 8, contain="overlap")


def cell_of(table):
    return [h3.latlng_to_cell(b, a, 8) for a, b in zip(table["lon"], table["lat"], strict=True)]


def metres_between(lon, lat, to_lon, to_lat):
    both = local_xy(np.r_[lon, to_lon], np.r_[lat, to_lat])
    return np.hypot(*(both[: len(lon)] - both[len(lon) :]).T)


class TestFiles:
    def test_the_committed_files_are_those_of_seed_1_byte_for_byte_and_under_5_mb(self, tmp_path):
        folder = write_sample(tmp_path / "county")
        files = [p for p in folder.rglob("*") if p.is_file()]
        names = sorted(str(p.relative_to(folder)) for p in files)
        _, different, missing = filecmp.cmpfiles(folder, sample_folder(), names, shallow=False)
        assert different == missing == []
        assert sum(p.stat().st_size for p in files) < 5e6

    def test_every_sheet_says_that_it_is_synthetic(self):
        text = (sample_folder() / "README.txt").read_text(encoding="utf-8")
        assert "SYNTHETIC" in text
        assert "虚构" in text

    def test_load_sample_names_what_there_is(self):
        assert len(load_sample("villages")) == 1008
        assert isinstance(load_sample("roads"), gpd.GeoDataFrame)
        with pytest.raises(MissingFileError, match="did you mean 'villages'"):
            load_sample("vilages")

    def test_load_sample_says_where_it_looked_when_it_finds_nothing(self, tmp_path, monkeypatch):
        monkeypatch.setattr("patrolgeo.sources.samples._CHECKOUT", tmp_path)
        monkeypatch.chdir(tmp_path)
        with pytest.raises(MissingFileError, match="patrolgeo sample"):
            load_sample("villages")

    def test_truth_by_cell_holds_all_of_the_intensity(self, county):
        truth = load_sample("truth")
        assert truth["intensity"].sum() == pytest.approx(county.weekly_intensity.sum(), rel=1e-3)
        assert truth["recorded"].sum() == pytest.approx(county.weekly_recorded.sum(), rel=1e-3)
        assert truth["cell"].map(h3.get_resolution).unique().tolist() == [8]
        assert truth.groupby("cell").size().unique().tolist() == [104]


class TestSeeds:
    def test_another_seed_is_another_county_that_keeps_the_same_numbers(self, county):
        other = make_county(seed=2)
        assert not other.area.geometry.iloc[0].equals(county.area.geometry.iloc[0])
        assert other.villages["population"].sum() == 143_000
        assert other.roads["bridge"].sum() == 9
        assert 1_950e3 < other.roads["length_m"].sum() < 2_050e3
        assert 2_300 < len(other.incidents) < 2_700

    def test_a_seed_that_is_no_whole_number_is_refused(self):
        with pytest.raises(DataError, match="seed"):
            make_county(seed=-1)


class TestLand:
    def test_area_is_3000_km2_in_one_polygon(self, county):
        assert county.area.geometry.iloc[0].geom_type == "Polygon"
        assert to_local(county.area).area.iloc[0] / 1e6 == pytest.approx(3000, rel=0.002)

    def test_river_is_110_km_and_runs_from_border_to_border(self, county):
        river = to_local(county.river).geometry.iloc[0]
        assert river.length / 1000 == pytest.approx(110, rel=0.005)
        assert river.is_simple
        ring = to_local(county.area, center=tuple(county.river.geometry.iloc[0].coords[0])).geometry.iloc[0].exterior
        ends = to_local(county.river, center=tuple(county.river.geometry.iloc[0].coords[0])).geometry.iloc[0].boundary
        assert all(ring.distance(end) < 20 for end in ends.geoms)

    def test_nine_townships_and_97_village_areas_tile_the_county(self, county):
        for layer, n in ((county.townships, 9), (county.village_areas, 97)):
            assert len(layer) == n
            assert set(layer.geom_type) == {"Polygon"}
            assert layer.is_valid.all()
            assert to_local(layer).area.sum() == pytest.approx(to_local(county.area).area.sum(), rel=1e-3)

    def test_three_neighbours_share_the_border_and_16_roads_cross_it(self, county):
        lines = county.borders[county.borders["kind"] == "border"]
        crossings = county.borders[county.borders["kind"] == "crossing"]
        assert lines["neighbour"].nunique() == 3
        ring = county.area.geometry.iloc[0].exterior
        assert shapely.length(lines.geometry.to_numpy()).sum() == pytest.approx(ring.length, rel=1e-3)
        assert len(crossings) == 16
        assert crossings["neighbour"].value_counts().min() >= 3
        on_border = shapely.distance(crossings.geometry.to_numpy(), ring)
        road_ends = shapely.points(_ends(county.roads).reshape(-1, 2))
        assert (on_border < 1e-4).all()
        assert all(shapely.distance(point, road_ends).min() == 0 for point in crossings.geometry)


class TestPeople:
    def test_143000_residents_180000_registered_and_every_row_adds_up(self, county):
        people = county.villages
        assert people["population"].sum() == 143_000
        assert people["registered"].sum() == 180_000
        assert (people["population"] == people["registered"] - people["out_migrants"] + people["in_migrants"]).all()
        assert (people[["population", "registered", "in_migrants", "out_migrants", "households"]] >= 0).all(axis=None)
        assert (people["households"] <= people["population"]).all()

    def test_town_seats_and_villages_have_the_wanted_sizes(self, county):
        people = county.villages
        by_kind = people.groupby("kind")["population"]
        assert 35_000 <= by_kind.sum()["town"] <= 40_000
        seats = people[people["kind"] == "seat"].groupby("township")["population"].sum()
        assert len(seats) == 8
        assert seats.between(2_500, 5_500).all()
        assert by_kind.size()["village"] == 950
        assert 58 <= by_kind.median()["village"] <= 62

    def test_about_95_administrative_villages_of_nine_townships(self, county):
        people = county.villages
        assert people["village"].nunique() == 97
        assert people["township"].nunique() == 9
        assert people.groupby("village")["township"].nunique().max() == 1
        town_committees = people[people["kind"] == "town"]["village"].nunique()
        assert 90 <= 97 - town_committees <= 97

    def test_names_are_unique_within_the_county(self, county):
        assert county.villages["name"].is_unique
        assert county.village_areas["name"].is_unique

    def test_about_a_fifth_of_the_cells_is_inhabited(self, county, cells_8):
        assert 0.18 <= len(set(cell_of(county.villages))) / len(cells_8) <= 0.22

    def test_in_migrants_are_4_percent_and_over_15_percent_in_just_two_cells_of_the_town(self, county):
        people = county.villages.assign(cell=cell_of(county.villages))
        assert 0.03 <= people["in_migrants"].sum() / people["population"].sum() <= 0.05
        cells = people.groupby("cell")[["in_migrants", "population"]].sum()
        crowded = cells.index[cells["in_migrants"] / cells["population"] > 0.15]
        assert len(crowded) == 2
        assert (people[people["cell"].isin(crowded)]["kind"] == "town").all()

    def test_settlements_lie_in_their_own_village_area_and_township(self, county):
        points = shapely.points(county.villages[["lon", "lat"]].to_numpy())
        areas = county.village_areas.set_index("name").geometry
        inside = shapely.distance(points, areas[county.villages["village"]].to_numpy()) < 1e-4
        assert inside.all()


def _ends(roads):
    return np.stack([shapely.get_coordinates(shapely.get_point(roads.geometry.to_numpy(), k)) for k in (0, -1)], axis=1)


class TestRoads:
    def test_2000_km_in_the_wanted_shares(self, county):
        km = county.roads["length_m"].groupby(county.roads["road_class"]).sum() / 1000
        assert km.sum() == pytest.approx(2000, rel=0.01)
        wanted = {"national": 0.04, "provincial": 0.07, "county": 0.15, "township": 0.40, "village": 0.34}
        for road_class, share in wanted.items():
            assert km[road_class] / km.sum() == pytest.approx(share, abs=0.005)

    def test_lengths_are_those_of_the_lines(self, county):
        roads = to_local(county.roads)
        np.testing.assert_allclose(roads.length, roads["length_m"], rtol=0.01, atol=3.0)

    def test_speeds_fall_from_80_to_18_by_class_and_with_the_slope(self, county):
        roads = county.roads[~county.roads["ferry"]]
        flat = {"national": 80.0, "provincial": 60.0, "county": 45.0, "township": 30.0, "village": 18.0}
        factor = roads["speed_kmh"] / roads["road_class"].map(flat)
        assert factor.between(0.59, 1.001).all()
        assert spearmanr(factor, roads["slope"]).statistic < -0.95
        fastest = roads.groupby("road_class")["speed_kmh"].median()
        assert fastest[list(flat)].is_monotonic_decreasing

    def test_nine_bridges_and_three_ferries_are_all_that_crosses_the_river(self, county):
        crosses = county.roads.intersects(county.river.geometry.iloc[0])
        assert county.roads["bridge"].sum() == 9
        assert county.roads["ferry"].sum() == 3
        assert (crosses == county.roads["bridge"] | county.roads["ferry"]).all()
        ferries = county.roads[county.roads["ferry"]]
        assert (ferries["road_class"] == "ferry").all()
        assert set(zip(ferries["opens"], ferries["closes"], strict=True)) == {("07:00", "19:00")}

    def test_one_network_joins_every_settlement_even_when_the_ferries_sleep(self, county):
        for roads in (county.roads, county.roads[~county.roads["ferry"]]):
            nodes, index = np.unique(_ends(roads).reshape(-1, 2), axis=0, return_inverse=True)
            graph = graph_of(index.reshape(-1, 2), len(nodes))
            assert connected_components(graph, directed=False)[0] == 1
            places = {tuple(point) for point in nodes}
            assert all(point in places for point in zip(county.villages["lon"], county.villages["lat"], strict=True))

    def test_roads_meet_at_junctions_only(self, county):
        lines = county.roads.geometry.to_numpy()
        assert len(np.unique(shapely.STRtree(lines).query(lines, predicate="crosses"))) <= 0.005 * len(lines)

    def test_great_roads_use_no_ferry_and_the_national_road_joins_two_borders(self, county):
        crossings = county.borders[county.borders["kind"] == "crossing"]
        assert (crossings["road_class"] == "national").sum() == 2
        national = county.roads[county.roads["road_class"] == "national"]
        nodes, index = np.unique(_ends(national).reshape(-1, 2), axis=0, return_inverse=True)
        assert connected_components(graph_of(index.reshape(-1, 2), len(nodes)), directed=False)[0] == 1


def graph_of(pairs, n):
    return csr_matrix((np.ones(len(pairs)), pairs.T), shape=(n, n))


class TestForces:
    def test_numbers_of_each_force(self, county):
        by_role = county.forces.groupby("role")
        assert by_role.size().to_dict() == {
            "patrol unit": 1,
            "social post": 60,
            "station": 9,
            "village auxiliary": 97,
            "volunteer group": 97,
        }
        unit = county.forces[county.forces["role"] == "patrol unit"].iloc[0]
        assert (unit["officers"], unit["vehicles"]) == (24, 6)
        assert set(county.forces["kind"]) == {"dedicated", "social", "volunteer"}

    def test_volunteers_walk_from_1930_to_2230(self, county):
        volunteers = county.forces[county.forces["kind"] == "volunteer"]
        assert set(zip(volunteers["start"], volunteers["end"], strict=True)) == {("19:30", "22:30")}

    def test_every_shift_named_is_in_the_table_of_shifts(self, county):
        known = county.shifts.set_index("name")
        for force in county.forces.itertuples():
            assert (force.start, force.end) == tuple(known.loc[force.shift, ["start", "end"]])

    def test_every_township_has_its_station_inside(self, county):
        stations = county.forces[county.forces["role"] == "station"]
        points = shapely.points(stations[["lon", "lat"]].to_numpy())
        assert stations["name"].tolist() == county.townships["station"].tolist()
        assert shapely.contains(county.townships.geometry.to_numpy(), points).all()

    def test_two_fixed_checkpoints_stand_on_the_national_road_near_two_borders(self, county):
        assert len(county.checkpoints) == 2
        points = gpd.GeoSeries.from_xy(county.checkpoints["lon"], county.checkpoints["lat"], crs=4326)
        national = to_local(county.roads[county.roads["road_class"] == "national"], center=(107.35, 24.35))
        border = to_local(county.borders[county.borders["kind"] == "border"], center=(107.35, 24.35))
        for point in to_local(points, center=(107.35, 24.35)):
            assert national.distance(point).min() < 20
            assert border.distance(point).min() < 2500

    def test_places_have_the_kinds_a_planner_asks_for(self, county):
        count = county.places["kind"].value_counts()
        for kind, least in {"primary school": 60, "clinic": 97, "market": 9, "bank": 9, "hospital": 9}.items():
            assert count[kind] >= least
        assert county.places["name"].is_unique
        assert shapely.contains_xy(county.area.geometry.iloc[0], county.places["lon"], county.places["lat"]).all()


class TestCalendar:
    def test_lunar_days_agree_with_the_known_feasts(self):
        feasts = {
            "2023-01-22": 1,
            "2023-06-22": 5,
            "2023-09-29": 15,
            "2024-02-10": 1,
            "2024-06-10": 5,
            "2024-09-17": 15,
        }
        assert lunar_day(pd.DatetimeIndex(list(feasts))).tolist() == list(feasts.values())
        assert lunar_day(DAYS).min() == 1
        assert lunar_day(DAYS).max() == 30

    def test_markets_are_every_third_lunar_day_and_nearest_seats_differ(self, county):
        for _, days in county.markets.groupby("township"):
            figures = {int(f) for f in days["pattern"].iloc[0].split("-")}
            assert set(days["lunar_day"] % 10) == figures
            gaps = pd.to_datetime(days["date"]).diff().dt.days.dropna()
            assert gaps.mode().iloc[0] == 3
            assert gaps.max() <= 5
        seats = county.townships[["station_lon", "station_lat"]].to_numpy()
        gap = np.hypot(*(seats[:, None] - seats[None]).transpose(2, 0, 1)) + np.diag(np.full(9, np.inf))
        pattern = county.townships["market_pattern"].to_numpy()
        assert (pattern != pattern[gap.argmin(axis=1)]).all()

    def test_spring_festival_and_harvest_have_their_days(self, county):
        assert county.seasons["name"].value_counts().to_dict() == {"harvest": 4, "Spring Festival": 2}
        assert (days_to_festival(DAYS) == 0).sum() == 2
        assert is_harvest(DAYS).sum() == 2 * (22 + 38)


class TestIncidents:
    def test_about_2500_rows_in_104_weeks(self, county, rows):
        assert 2_400 <= len(rows) <= 2_600
        assert rows["true_time"].between("2023-01-02", "2024-12-30", inclusive="left").all()
        assert rows["time"].between("2023-01-02", "2024-12-30", inclusive="left").all()
        assert set(rows["category"]) == set(CATEGORIES)

    def test_no_person_and_no_sensitive_category_is_in_the_tables(self, county):
        for table in (county.incidents, county.calls, county.incidents_truth):
            assert not {"person", "victim", "suspect", "caller", "phone", "address"} & set(table.columns)
        assert not {"sexual", "domestic", "juvenile", "suicide"} & set(county.incidents["category"])

    def test_true_places_lie_in_the_county(self, county, rows):
        assert shapely.contains_xy(county.area.geometry.iloc[0], rows["true_lon"], rows["true_lat"]).all()

    def test_truth_and_records_agree_in_number_by_category_and_in_total(self, county, rows):
        first = rows[rows["true_duplicate"] == 0]
        expected = county.weekly_recorded.sum()
        observed = first["category"].isin(PLACED).sum()
        assert expected == pytest.approx(sum(CATEGORIES[name].rows for name in PLACED), rel=1e-6)
        assert abs(observed - expected) < 4 * np.sqrt(1.5 * expected)  # clustering widens the Poisson by about a half

    def test_records_follow_the_truth_from_cell_to_cell(self, county, rows):
        """Deciles of expected records by cell hold what was expected: chi-square with the spread of near repeats."""
        expected, observed = _by_cell(county, rows)
        decile = pd.qcut(expected.rank(method="first"), 10, labels=False)
        e, o = expected.groupby(decile).sum(), observed.groupby(decile).sum()
        spread = 1.6  # variance over mean of a branching process with up to 0.25 repeats, merged
        assert ((o - e) ** 2 / (spread * e)).sum() < chi2.ppf(0.999, 10)
        assert spearmanr(expected, observed).statistic > 0.3

    def test_records_follow_the_truth_from_week_to_week(self, county, rows):
        placed = rows[rows["category"].isin(PLACED) & (rows["true_duplicate"] == 0)]
        week = (placed["true_time"] - pd.Timestamp("2023-01-02")).dt.days // 7
        observed = np.bincount(week, minlength=104)
        expected = county.weekly_recorded.sum(axis=0)
        assert ((observed - expected) ** 2 / expected).sum() / 104 < 1.6
        assert np.corrcoef(observed, expected)[0, 1] > 0.4

    def test_incidents_concentrate_as_places_do(self, county, rows):
        """Half of the expected incidents in a twentieth of the cells that have any: the law of concentration."""
        expected, _ = _by_cell(county, rows)
        top = expected.sort_values(ascending=False)
        assert 0.4 < top.iloc[: len(top) // 20].sum() / top.sum() < 0.8

    def test_near_repeats_follow_burglaries(self, rows):
        """Pairs of burglaries within 500 m and 14 days are at least twice as many as after shuffling the dates."""
        burglary = rows[(rows["category"] == "burglary") & (rows["true_duplicate"] == 0)]
        xy = local_xy(burglary["true_lon"], burglary["true_lat"])
        day = burglary["true_time"].to_numpy().astype("datetime64[D]").astype(int)
        a, b = np.triu_indices(len(xy), 1)
        near = np.hypot(*(xy[a] - xy[b]).T) < 500
        close = (np.abs(day[a] - day[b]) <= 14) & near
        rng = np.random.default_rng(0)
        shuffled = [(np.abs(d[a] - d[b]) <= 14)[near].sum() for d in (rng.permutation(day) for _ in range(30))]
        assert close.sum() > 2 * np.mean(shuffled)

    def test_market_days_festival_and_harvest_have_their_incidents(self, county, rows):
        reported = rows[rows["true_duplicate"] == 0].assign(date=lambda t: t["true_time"].dt.strftime("%Y-%m-%d"))
        theft = reported[reported["category"] == "theft"]
        on_market = theft.merge(county.markets[["township", "date"]], how="inner")
        assert len(on_market) / len(theft) > 0.4  # 0.3 of the days
        farm = reported[reported["category"] == "farm_theft"]
        harvest = is_harvest(pd.DatetimeIndex(farm["true_time"]))
        assert harvest.mean() > 2 * is_harvest(DAYS).mean()
        before = days_to_festival(pd.DatetimeIndex(theft["true_time"]).normalize())
        season = days_to_festival(DAYS)
        assert ((before > 0) & (before <= 21)).mean() > 1.2 * ((season > 0) & (season <= 21)).mean()

    def test_repeat_lags_are_the_shares_of_a_simulation(self):
        rng = np.random.default_rng(0)
        days = rng.uniform(0, 7, 400_000) + rng.exponential(REPEAT_DAYS, 400_000)
        simulated = np.bincount((days // 7).astype(int), minlength=8)[:8] / 400_000
        np.testing.assert_allclose(repeat_lags(), simulated, atol=0.003)


def _by_cell(county, rows):
    """Return expected and observed records by cell, of the categories the truth is about."""
    cells = np.array(cell_of(county.truth_points))
    expected = pd.Series(county.weekly_recorded.sum(axis=1)).groupby(cells).sum()
    placed = rows[rows["category"].isin(PLACED) & (rows["true_duplicate"] == 0)]
    found = pd.Series(cell_of(placed[["true_lon", "true_lat"]].set_axis(["lon", "lat"], axis=1))).value_counts()
    return expected, found.reindex(expected.index, fill_value=0)


class TestDirt:
    def test_counts_are_those_of_dirt_json(self, county, rows):
        planted = county.dirt["counts"]
        assert {kind: int(rows[f"true_{kind}"].sum()) for kind in planted} == planted
        assert county.dirt["rows"] == len(rows)

    def test_a_quarter_of_the_rows_has_a_village_name_only(self, county, rows):
        blank = rows["lon"].isna()
        assert blank.mean() == pytest.approx(0.25, abs=0.001)
        assert (blank == rows["lat"].isna()).all()
        assert (blank == (rows["true_village_only"] == 1)).all()
        known = set(zip(county.villages["name"], county.villages["township"], strict=True))
        assert set(zip(rows["village"], rows["township"], strict=True)) <= known

    def test_one_and_a_half_percent_are_duplicates_with_an_original(self, county, rows):
        again = rows[rows["true_duplicate"] == 1]
        assert len(again) / len(rows) == pytest.approx(0.015, abs=0.001)
        first = rows[rows["true_duplicate"] == 0].set_index("id")
        assert first.index.is_unique
        original = first.loc[again["true_original"]]
        assert (original["category"].to_numpy() == again["category"].to_numpy()).all()
        assert (original[["lon", "lat"]].to_numpy() == again[["lon", "lat"]].to_numpy()).all()
        late = (again["time"].to_numpy() - original["time"].to_numpy()) / np.timedelta64(1, "m")
        assert ((late >= 0) & (late <= 10)).all()
        same_id = again["id"] == again["true_original"]
        assert county.dirt["duplicates_same_id"] == same_id.sum()
        assert (late[same_id] == 0).all()

    def test_one_township_is_in_gcj02_and_comes_back_within_two_metres(self, county, rows):
        shifted = rows[rows["true_gcj02"] == 1]
        assert set(shifted["township"]) == {county.dirt["gcj02_township"]}
        placed_there = rows["lon"].notna() & (rows["township"] == county.dirt["gcj02_township"])
        assert (placed_there == (rows["true_gcj02"] == 1)).all()
        free = shifted[shifted["true_fraud_at_station"] == 0]
        off = metres_between(free["lon"], free["lat"], free["true_lon"], free["true_lat"])
        assert ((off > 300) & (off < 700)).all()
        back = to_wgs84(free["lon"].to_numpy(), free["lat"].to_numpy(), "GCJ02")
        assert metres_between(*back, free["true_lon"], free["true_lat"]).max() < 2

    def test_overnight_intervals_hold_the_true_time(self, rows):
        night = rows[rows["true_overnight"] == 1]
        assert (rows["time_end"].notna() == (rows["true_overnight"] == 1)).all()
        assert len(night) > 300
        assert ((night["time"] <= night["true_time"]) & (night["true_time"] <= night["time_end"])).mean() == 1
        assert night["time"].dt.hour.between(17, 20).all()
        assert night["time_end"].dt.hour.between(6, 9).all()

    def test_fraud_stands_at_the_station(self, county, rows):
        fraud = rows[rows["category"] == "fraud"]
        assert (rows["true_fraud_at_station"] == (rows["category"] == "fraud")).all()
        plain = fraud[fraud["true_gcj02"] == 0].merge(county.townships, left_on="township", right_on="name")
        assert metres_between(plain["lon"], plain["lat"], plain["station_lon"], plain["station_lat"]).max() < 1

    def test_officers_find_what_lies_near_their_stations(self, county, rows):
        officer = rows["origin"] == "officer"
        assert (officer == (rows["true_officer"] == 1)).all()
        assert set(rows.loc[officer, "category"]) == {"gambling", "drink_driving"}
        stations = county.townships.set_index("name")[["station_lon", "station_lat"]]
        there = stations.loc[rows["township"]].to_numpy().T
        far = metres_between(rows["true_lon"], rows["true_lat"], *there)
        assert far[officer].mean() < 0.8 * far[rows["category"] == "farm_theft"].mean()

    def test_every_other_row_stands_where_and_when_it_happened(self, rows):
        clean = rows[(rows[["true_village_only", "true_gcj02", "true_fraud_at_station"]] == 0).all(axis=1)]
        assert metres_between(clean["lon"], clean["lat"], clean["true_lon"], clean["true_lat"]).max() < 1
        timely = clean[(clean["true_overnight"] == 0) & (clean["true_duplicate"] == 0)]
        assert (timely["time"] == timely["true_time"]).all()

    def test_reporting_runs_from_035_to_090_by_village_and_falls_with_distance(self, county):
        rate = county.reporting["reporting_rate"]
        assert len(rate) == 97
        assert rate.min() == 0.35
        assert rate.max() == 0.9
        assert county.dirt["reporting_rate"] == [0.35, 0.9]
        stations = county.townships.set_index("name")[["station_lon", "station_lat"]]
        centre = county.village_areas.set_index("name").loc[county.reporting["village"]].representative_point()
        far = metres_between(centre.x, centre.y, *stations.loc[county.reporting["township"]].to_numpy().T)
        assert spearmanr(rate, far).statistic < -0.3

    def test_as_many_incidents_stay_unreported_as_the_rates_say(self, county):
        missed = (county.weekly_intensity - county.weekly_recorded).sum() / county.weekly_intensity.sum()
        reported = county.dirt["happened"] - county.dirt["counts"]["officer"]
        assert county.dirt["unreported"] / reported == pytest.approx(missed, abs=0.03)


class TestCalls:
    def test_18000_calls_in_order_of_time(self, county):
        assert len(county.calls) == 18_000
        assert county.calls["id"].is_unique
        assert pd.to_datetime(county.calls["received"]).is_monotonic_increasing

    def test_the_four_times_follow_each_other_and_nuisance_is_not_dispatched(self, county):
        calls = county.calls.assign(
            **{c: pd.to_datetime(county.calls[c]) for c in ("received", "dispatched", "arrived", "cleared")}
        )
        idle = calls["category"] == "nuisance call"
        assert calls.loc[idle, ["dispatched", "arrived", "cleared"]].isna().all(axis=None)
        served = calls[~idle]
        assert (served["received"] <= served["dispatched"]).all()
        assert (served["dispatched"] <= served["arrived"]).all()
        assert (served["arrived"] < served["cleared"]).all()

    def test_response_is_that_of_a_rural_county(self, county):
        calls = county.calls[county.calls["origin"] == "reported"].dropna()
        minutes = (pd.to_datetime(calls["arrived"]) - pd.to_datetime(calls["received"])).dt.total_seconds() / 60
        assert 7 < minutes.median() < 15
        assert 20 < minutes.quantile(0.9) < 45

    def test_every_reported_incident_has_its_call(self, county, rows):
        reported = rows[(rows["origin"] == "reported") & (rows["true_duplicate"] == 0)]
        crime = county.calls[county.calls["category"].isin(CATEGORIES)]
        assert crime["category"].value_counts().to_dict() == reported["category"].value_counts().to_dict()

    def test_officers_own_checks_are_marked(self, county):
        own = county.calls["category"] == "officer check"
        assert (own == (county.calls["origin"] == "officer")).all()
        assert 0.04 < own.mean() < 0.08
