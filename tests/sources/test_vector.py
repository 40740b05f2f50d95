"""Vector files are read with the driver that their name says, and none can make us fetch or open anything else."""

import json
import socket
import sqlite3
import threading
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from patrolgeo import (
    DataError,
    PatrolgeoError,
    read_area,
    read_calls,
    read_forces,
    read_incidents,
    read_places,
    read_polygons,
    read_population,
    read_roads,
)
from patrolgeo.sources import vector

READERS = [
    read_area, read_polygons, read_calls, read_forces, read_incidents, read_places, read_population, read_roads,
]  # fmt: skip
SQUARE = {"type": "Polygon", "coordinates": [[[119.9, 31.7], [120, 31.7], [120, 31.8], [119.9, 31.7]]]}


@pytest.fixture
def listener():
    """A port on loopback, and the list of what has called it."""
    calls = []
    server = socket.create_server(("127.0.0.1", 0))

    def answer():
        while True:
            try:
                caller, _ = server.accept()
            except OSError:
                return
            caller.settimeout(1)
            try:
                calls.append(caller.recv(1000))
            except OSError:
                calls.append(b"?")
            caller.close()

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield server.getsockname()[1], calls
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


def collection(**more):
    features = [{"type": "Feature", "properties": {"name": "a"}, "geometry": SQUARE}]
    return {"type": "FeatureCollection", **more, "features": features}


def linked(url, kind="link", key="href"):
    return collection(crs={"type": kind, "properties": {key: url, "type": "proj4"}})


def hostile_texts(url, secret):
    """Documents that name another file or an address, by what they are."""
    layer = "<OGRVRTLayer name='secret'><SrcDataSource>{}</SrcDataSource></OGRVRTLayer>"
    vrt = f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"
    plain = json.dumps(collection())
    kml = '<kml xmlns="http://www.opengis.net/kml/2.2"{}><Document>{}</Document></kml>'
    return {
        "linked crs": json.dumps(linked(url)),
        "linked crs, other letters": json.dumps(linked(url, "LINK")),
        "crs by address": json.dumps(linked(url, "name", "name")),
        "crs by file": json.dumps(linked(str(secret), "name", "name")),
        "crs of unknown kind": json.dumps(linked(url, "url", "url")),
        "crs twice": plain[:-1] + f', "crs": null, "crs": {json.dumps(linked(url)["crs"])}}}',
        "crs escaped": json.dumps(linked(url)).replace('"link"', '"\\u006cink"').replace('"crs"', '"c\\u0072s"'),
        "crs in the geometry": json.dumps(
            {"type": "Feature", "properties": {}, "geometry": {**SQUARE, "crs": linked(url)["crs"]}}
        ),
        "crs of an old kind": json.dumps(collection(crs={"type": "OGC", "properties": {"urn": url}})),
        "vrt of a file": vrt.format(secret),
        "vrt of an address": vrt.format(url),
        "vrt of a remote file": vrt.format(f"/vsicurl/{url}"),
        "vrt of a service": vrt.format(f"WFS:{url}"),
        "vrt in small letters": vrt.format(secret).lower(),
        "vrt after spaces": "\n  " + vrt.format(secret),
        "vrt within json": json.dumps(collection(note=vrt.format(secret))),
        "vrt within a feature": json.dumps(collection(features=[], title=vrt.format(f"/vsicurl/{url}"))),
        "wfs": f"<OGRWFSDataSource><URL>{url}</URL></OGRWFSDataSource>",
        "wfs answer": f'<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" next="{url}"/>',
        "wfs capabilities": f'<WFS_Capabilities version="2.0.0"><a href="{url}"/></WFS_Capabilities>',
        "csw": f"<OGRCSWDataSource><URL>{url}</URL></OGRCSWDataSource>",
        "wms": f"<GDAL_WMS><Service name='WMS'><ServerUrl>{url}</ServerUrl></Service></GDAL_WMS>",
        "tiles": f"<GDAL_WMTS><GetCapabilitiesUrl>{url}</GetCapabilitiesUrl></GDAL_WMTS>",
        "raster vrt": "<VRTDataset>"
        f"<VRTRasterBand><SourceFilename>/vsicurl/{url}</SourceFilename></VRTRasterBand></VRTDataset>",
        "algorithm": json.dumps({"type": "gdal_streamed_alg", "command_line": f"gdal vector read {url}"}),
        "algorithm within": json.dumps(
            collection(properties={"type": "gdal_streamed_alg", "command_line": f"gdal vector read {secret}"})
        ),
        "oapif landing": json.dumps({"title": "x", "links": [{"rel": "data", "href": url}], "collections": []}),
        "oapif collection": json.dumps({"id": "a", "links": [{"rel": "items", "href": url}], "extent": {}}),
        "pages": json.dumps(collection(links=[{"rel": "next", "href": url}], numberMatched=9, numberReturned=1)),
        "stac": json.dumps(
            collection(stac_version="1.0.0", assets={"a": {"href": url}}, links=[{"rel": "next", "href": url}])
        ),
        "stac catalogue": json.dumps({"type": "Catalog", "stac_version": "1.0.0", "links": [{"href": url}]}),
        "esri service": json.dumps(
            {"currentVersion": 10, "serviceDescription": "", "layers": [{"id": 0}], "url": url}
        ),
        "esri features": json.dumps(
            {"geometryType": "esriGeometryPoint", "spatialReference": {"wkid": 4326}, "features": [],
             "exceededTransferLimit": True, "next": url}
        ),
        "topojson": json.dumps({"type": "Topology", "objects": {}, "arcs": [], "crs": linked(url)["crs"]}),
        "tile index": json.dumps({"tilejson": "2.0.0", "tiles": [f"{url}/{{z}}/{{x}}/{{y}}.pbf"], "vector_layers": []}),
        "json-fg": json.dumps(collection(conformsTo=["[ogc-json-fg-1-0.1:core]"], coordRefSys={"href": url})),
        "gml": f'<a xmlns:gml="http://www.opengis.net/gml" xmlns:x="x"><gml:pos x:href="{url}"/></a>',
        "kml with a link": kml.format("", f"<NetworkLink><Link><href>{url}</href></Link></NetworkLink>"),
        "kml with a style": kml.format("", f"<Placemark><styleUrl>{url}#s</styleUrl>"
                                       "<Point><coordinates>1,2</coordinates></Point></Placemark>"),
        "kml as gml": kml.format(' xmlns:gml="http://www.opengis.net/gml"', f'<gml:pos href="{url}"/>'),
        "kml with an entity": f'<!DOCTYPE kml [<!ENTITY x SYSTEM "{url}">]>' + kml.format("", "&x;"),
        "kml with a far dtd": f'<!DOCTYPE kml SYSTEM "{url}">' + kml.format("", ""),
        "rss": f'<rss xmlns:georss="http://www.georss.org/georss"><channel><link>{url}</link></channel></rss>',
        "address alone": url,
        "connection": f"WFS:{url}",
        "file alone": str(secret),
    }  # fmt: skip


def refused_or_read(reader, path):
    try:
        return reader(path)
    except PatrolgeoError as problem:
        return str(problem)


def test_no_hostile_document_makes_a_reader_call_out_or_open_another_file(tmp_path, listener):
    """46 documents under four names, in eight readers: no request, and nothing of another file comes back."""
    port, calls = listener
    secret = tmp_path / "secret.csv"
    secret.write_text("name,kind,population,lon,lat\nSECRET,SECRET,7,119.9,31.7\n")
    texts = hostile_texts(f"http://127.0.0.1:{port}/x", secret)
    assert len(texts) >= 40
    for number, text in enumerate(texts.values()):
        for ending in ("geojson", "json", "kml") if number % 5 else ("gpkg", "fgb", "shp", "geojson", "kml"):
            path = tmp_path / f"case{number}.{ending}"
            path.write_text(text, encoding="utf-8")
            found = [refused_or_read(reader, path) for reader in READERS]
            assert not any("SECRET" in str(f) for f in found)
    assert calls == []


def test_the_same_documents_do_call_out_where_nothing_checks_them(tmp_path, listener):
    """GDAL itself fetches the linked CRS and opens the file behind a VRT within JSON: the test above can fail."""
    port, calls = listener
    texts = hostile_texts(f"http://127.0.0.1:{port}/x", tmp_path / "secret.csv")
    (tmp_path / "secret.csv").write_text("name\nSECRET\n")
    for name, sees in {"linked crs": lambda _: calls, "vrt of a file": lambda t: "SECRET" in str(t)}.items():
        path = tmp_path / "a.geojson"
        path.write_text(texts[name])
        try:
            table = gpd.read_file(path)
        except Exception:  # noqa: BLE001  whatever GDAL makes of it
            table = None
        assert sees(table), name


@pytest.mark.parametrize("name", ["/vsicurl/http://127.0.0.1:1/a.geojson", "http://127.0.0.1:1/a.geojson",
                                  "/vsizip/a.zip/a.shp", "WFS:http://127.0.0.1:1", "zip://a.zip"])  # fmt: skip
def test_addresses_are_refused_by_name(name):
    for reader in READERS:
        with pytest.raises(DataError, match="address"):
            reader(name)


def test_what_is_not_hostile_is_read_the_same_in_every_format(tmp_path):
    """A named CRS, HTML in a text, and each format give the same polygons."""
    area = gpd.GeoDataFrame(
        {"name": ["<!DOCTYPE html><ogr>"]}, geometry=[shapely.box(119.9, 31.7, 120, 31.8)], crs="EPSG:4326"
    )
    for ending, driver in {"geojson": "GeoJSON", "gpkg": "GPKG", "fgb": "FlatGeobuf", "shp": "ESRI Shapefile"}.items():
        area.to_file(tmp_path / f"a.{ending}", driver=driver)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for part in tmp_path.glob("a.*"):
            if part.suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
                packed.write(part, f"../{part.name}")
    area.to_crs("EPSG:32650").to_file(tmp_path / "b.geojson", driver="GeoJSON", RFC7946="NO")
    for name in ("a.geojson", "a.gpkg", "a.fgb", "a.shp", "a.zip", "b.geojson"):
        read = read_area(tmp_path / name)
        assert read.geometry.iloc[0].equals_exact(area.geometry.iloc[0], 1e-6, normalize=True), name


def test_a_geopackage_whose_tables_lie_elsewhere_is_refused(tmp_path):
    area = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    area.to_file(tmp_path / "a.gpkg")
    database = sqlite3.connect(tmp_path / "a.gpkg")
    database.execute("create view v as select ogr_geocode('x') as a")
    database.commit()
    database.close()
    with pytest.raises(DataError, match="view 'v' reads other files"):
        read_area(tmp_path / "a.gpkg")


def test_a_zip_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(vector, "MAX_UNPACKED", 1_000_000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.geojson", b" " * 5_000_000)
    with pytest.raises(DataError, match="unpacks to more than 1,000,000 bytes"):
        read_area(tmp_path / "a.zip")


def test_a_file_of_another_kind_is_named(tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.gpkg")
    with pytest.raises(DataError, match="is not a GeoPackage"):
        read_area(tmp_path / "a.gpkg")
