"""Tables in databases are read by the same rules and ledger as files; no password is shown or written."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from county_plan import county_text
from patrolgeo import DataError, read_area, read_incidents, read_places, run_plan, write_table

sqlalchemy = pytest.importorskip("sqlalchemy", reason="the extra db is not installed")

TABLE = pd.DataFrame(
    {
        "id": ["a", "b", "c", "d"], "datetime": ["2024-03-05 23:40", "2024-03-06 01:00", "?", "2024-03-07 10:00"],
        "category": ["theft", "theft", "robbery", "0460"],
        "lon": [119.97, 0.0, 119.98, 119.96], "lat": [31.81, 0, 31.8, 31.82],
        "caller_phone": ["13900000000", None, "13900000001", None],
    }
)  # fmt: skip
SQUARES = gpd.GeoDataFrame(
    {"name": ["west", "east"]}, geometry=[shapely.box(119, 31, 120, 32), shapely.box(120, 31, 121, 32)], crs="EPSG:4326"
)


@pytest.mark.parametrize("ending", [".sqlite", ".duckdb"])
def test_a_file_of_a_database_gives_what_the_frame_gives(tmp_path, ending):
    pytest.importorskip("duckdb")
    base = tmp_path / f"desk{ending}"
    write_table(TABLE, base, "cases")
    expected, by_frame = read_incidents(TABLE, return_ledger=True)
    found, ledger = read_incidents(base, table="cases", return_ledger=True)
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(expected))
    assert ledger.to_dict() == by_frame.to_dict()
    assert "persons_dropped" in {e.code for e in ledger.entries}
    chosen = read_incidents(base, sql="SELECT * FROM cases WHERE id = 'a'", return_ledger=True)[0]
    assert chosen["id"].tolist() == ["a"]


@pytest.mark.parametrize("ending", [".sqlite", ".duckdb"])
def test_layers_come_back_from_a_file_with_their_crs(tmp_path, ending):
    pytest.importorskip("duckdb")
    write_table(SQUARES.to_crs("EPSG:32650"), tmp_path / f"desk{ending}", "areas")
    back = read_area(tmp_path / f"desk{ending}", table="areas")
    assert back["name"].tolist() == ["west", "east"]
    assert shapely.hausdorff_distance(back.geometry.to_numpy(), SQUARES.geometry.to_numpy()).max() < 1e-6


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({}, "name one of table= and sql="),
        ({"table": "cases", "sql": "SELECT 1"}, "name one of"),
        ({"table": "case"}, "has no table 'case'; did you mean 'cases'"),
        ({"sql": "SELECT nothing FROM cases"}, "the query failed"),
        ({"sql": "DROP TABLE cases"}, "the query failed"),
    ],
)
@pytest.mark.parametrize("ending", [".sqlite", ".duckdb"])
def test_a_wrong_wish_is_one_sentence_and_changes_nothing(tmp_path, ending, words, told):
    pytest.importorskip("duckdb")
    base = tmp_path / f"desk{ending}"
    write_table(TABLE, base, "cases")
    with pytest.raises(DataError, match=told):
        read_incidents(base, **words)
    assert len(read_incidents(base, table="cases", return_ledger=True)[0]) == 2


def test_a_query_of_duckdb_opens_no_other_file(tmp_path):
    pytest.importorskip("duckdb")
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    write_table(TABLE, tmp_path / "desk.duckdb", "cases")
    with pytest.raises(DataError, match="the query failed"):
        read_incidents(tmp_path / "desk.duckdb", sql=f"FROM read_csv('{tmp_path / 'secret.csv'}')")


def test_a_folder_of_parquet_files_is_one_table(tmp_path):
    TABLE.iloc[:2].to_parquet(tmp_path / "2024-01.parquet")
    TABLE.iloc[2:].to_parquet(tmp_path / "2024-02.parquet")
    found, ledger = read_incidents(tmp_path, return_ledger=True)
    assert ledger.to_dict() == read_incidents(TABLE, return_ledger=True)[1].to_dict()
    assert set(found["id"]) == {"a", "d"}


def test_a_password_in_an_address_is_refused_and_not_repeated():
    for address in ("postgresql://desk:hunter2@localhost/x", "postgresql://desk@localhost/x?password=hunter2"):
        with pytest.raises(DataError, match="PGPASSWORD") as error:
            read_incidents(address, table="cases")
        assert "hunter2" not in str(error.value)


def test_a_server_that_does_not_answer_is_one_sentence(monkeypatch):
    pytest.importorskip("psycopg")
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    with pytest.raises(DataError, match="it cannot be reached") as error:
        read_incidents(f"postgresql://desk@127.0.0.1:{free_port()}/county", table="cases")
    assert "hunter2" not in str(error.value)
    assert "\n" not in str(error.value)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


PASSWORD = "only-for-this-test"  # noqa: S105


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL with PostGIS in a folder of its own, on a loopback port: its address, without the password."""
    pytest.importorskip("psycopg")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql postgis postgresql-NN-postgis-3)")
    bin_, port = found[-1].parent, free_port()
    folder = Path(tempfile.mkdtemp(prefix="patrolgeo-pg-", dir="/tmp"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    (folder / "password").write_text(PASSWORD)
    if as_user:
        shutil.chown(folder, "postgres", "postgres")
        shutil.chown(folder / "password", "postgres", "postgres")
    data, quiet = folder / "data", {"stdout": subprocess.DEVNULL, "cwd": folder, "timeout": 120}
    wish = ["-U", "desk", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "-E", "UTF8"]
    subprocess.run([*as_user, bin_ / "initdb", "-D", data, *wish], check=True, **quiet)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    subprocess.run(
        [*as_user, bin_ / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"], check=True, **quiet
    )
    address = f"postgresql://desk@127.0.0.1:{port}/postgres"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSWORD", PASSWORD)
        try:
            make_extension(address)
            yield address
        finally:
            subprocess.run([*as_user, bin_ / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=True, **quiet)
            shutil.rmtree(folder, ignore_errors=True)


def make_extension(address):
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        try:
            connection.execute("CREATE EXTENSION postgis")
        except psycopg.Error as error:
            pytest.skip(f"PostGIS is not installed: {error}")


@pytest.mark.check
class TestServer:
    def test_a_table_gives_what_the_frame_gives(self, server):
        write_table(TABLE, server, "cases")
        expected, by_frame = read_incidents(TABLE, return_ledger=True)
        found, ledger = read_incidents(server, table="cases", return_ledger=True)
        pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(expected))
        assert ledger.to_dict() == by_frame.to_dict()

    def test_points_of_postgis_are_places_and_zoned_times_become_local(self, server):
        import psycopg

        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS c110")
            connection.execute(
                "CREATE TABLE c110 AS SELECT 1 AS id, timestamptz '2024-03-05 15:40+00' AS datetime,"
                " 'theft' AS category, ST_Transform(ST_SetSRID(ST_MakePoint(119.97, 31.81), 4326), 32650) AS geom"
            )
        found = read_incidents(server, table="c110", tz="Asia/Shanghai")
        assert found["time"].tolist() == [pd.Timestamp("2024-03-05 23:40")]
        assert (found.geometry.x[0], found.geometry.y[0]) == pytest.approx((119.97, 31.81), abs=1e-8)

    def test_a_query_with_a_colon_reads_and_never_writes(self, server):
        write_table(TABLE, server, "cases")
        kept = read_incidents(server, sql="SELECT * FROM cases WHERE datetime::text LIKE '2024-03-05 23:%'")
        assert len(kept) == 1
        with pytest.raises(DataError, match="the query failed"):
            read_incidents(server, sql="DELETE FROM cases RETURNING *")
        with pytest.raises(DataError, match="the query failed"):
            read_incidents(server, sql="WITH gone AS (DELETE FROM cases RETURNING *) SELECT * FROM gone")
        assert len(read_places(server, sql="SELECT * FROM cases WHERE lon > 0")) == 3

    def test_layers_of_a_plan_come_back(self, server):
        write_table(SQUARES, server, "areas")
        back = read_area(server, table="areas")
        assert back["name"].tolist() == ["west", "east"]
        assert back.geometry.geom_equals(SQUARES.geometry).all()

    @pytest.mark.parametrize(
        ("change", "told"),
        [({"table": "case"}, "did you mean 'cases'"), ({"address": "nobase"}, "does not exist"), ({}, "password")],
    )
    def test_what_fails_is_one_sentence_without_the_password(self, server, monkeypatch, change, told):
        write_table(TABLE, server, "cases")
        address = server.replace("/postgres", f"/{change.pop('address')}") if "address" in change else server
        if not change and address == server:
            monkeypatch.setenv("PGPASSWORD", "wrong-one")
        with pytest.raises(DataError, match=told) as error:
            read_places(address, **{"table": "cases", **change})
        assert PASSWORD not in str(error.value)
        assert "wrong-one" not in str(error.value)
        assert "\n" not in str(error.value)

    def test_a_service_file_names_the_server(self, server, tmp_path, monkeypatch):
        write_table(TABLE, server, "cases")
        port = server.split(":")[-1].split("/")[0]
        (tmp_path / "services").write_text(
            f"[county]\nhost=127.0.0.1\nport={port}\ndbname=postgres\nuser=desk\npassword={PASSWORD}\n"
        )
        monkeypatch.delenv("PGPASSWORD")
        monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
        assert len(read_incidents("postgresql:///?service=county", table="cases", return_ledger=True)[0]) == 2

    def test_a_plan_that_reads_the_county_from_postgis_gives_the_same_summary(self, server, tmp_path):
        county = Path(__file__).parents[2] / "data" / "samples" / "county"
        lines = []
        for line in county_text().splitlines():
            path = Path(line.split('"')[1] if line.startswith("file = ") else "")
            if path.suffix in (".csv", ".geojson"):  # logs of patrols are files
                table = pd.read_csv(path, dtype=str) if path.suffix == ".csv" else gpd.read_file(path)
                write_table(table, server, path.stem)
                lines.append(f'file = "{server}"\ntable = "{path.stem}"')
                continue
            lines.append(line)
        (tmp_path / "plan.toml").write_text("\n".join(lines), encoding="utf-8")
        by_file = run_plan(county / "plan.toml", tmp_path / "files")
        by_base = run_plan(tmp_path / "plan.toml", tmp_path / "base")
        assert by_base == by_file
        texts = [(tmp_path / out / "summary.json").read_text(encoding="utf-8") for out in ("files", "base")]
        assert texts[0] == texts[1]
        manifest = (tmp_path / "base" / "manifest.json").read_text(encoding="utf-8")
        assert '"table": "incidents"' in manifest
        assert PASSWORD not in manifest
        assert "desk@" not in manifest
