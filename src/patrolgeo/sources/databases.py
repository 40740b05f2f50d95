"""Tables that lie in a database: PostgreSQL with PostGIS, DuckDB, SQLite.

A server is named by its address, ``postgresql://user@host/name`` (or ``postgresql:///?service=name``), without a
password: that comes from PGPASSWORD, the password file or a service file, and stands in no plan, message or manifest.
Reading never writes: servers and files are opened read-only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from patrolgeo._checks import nearest
from patrolgeo.errors import DataError
from patrolgeo.files import check_file

_DUCKDB, _SQLITE = (".duckdb", ".ddb"), (".sqlite", ".sqlite3", ".db")
_SERVERS = ("postgresql://", "postgres://")
_CHUNK = 50_000
_HEX_WKB = r"0[01][0-9A-Fa-f]{16,}"


def is_server(source: Any) -> bool:
    """Say whether a source is the address of a database server."""
    return isinstance(source, str) and source.startswith(_SERVERS)


def is_database(source: Any) -> bool:
    """Say whether a source is the address of a database server, or a file of DuckDB or SQLite.

    Examples
    --------
    >>> is_database("postgresql://desk@localhost/county"), is_database("calls.duckdb"), is_database("calls.csv")
    (True, True, False)
    """
    return is_server(source) or (isinstance(source, (str, Path)) and _ending(source) in (*_DUCKDB, *_SQLITE))


def shown(source: Any) -> str:
    """Return the address of a database as it may be shown: without user, password and options.

    Examples
    --------
    >>> shown("postgresql://desk:secret@db.local:5432/county?sslmode=require")
    'postgresql://db.local:5432/county'
    """
    if not is_server(source):
        return Path(source).name
    scheme, rest = source.split("://", 1)
    return f"{scheme}://{rest.rsplit('@', 1)[-1].split('?', 1)[0]}"


def read_database(source: Any, what: str, table: str | None, sql: str | None) -> pd.DataFrame:
    """Return the rows of a table or query; a column of geometries (well-known bytes) makes it a GeoDataFrame.

    Raises
    ------
    DataError
        When neither or both of `table` and `sql` are named, the database cannot be reached, or there is no such table.
    """
    if (table is None) == (sql is None):
        raise DataError(f"{what}: {shown(source)} is a database; name one of table= and sql=.")
    with _opened(source, what) as base:
        if sql is None:
            sql = f"SELECT * FROM {_quoted(str(table), base, source)}"  # noqa: S608 - the name is one of the database's own
        with _told(source, "the query failed"):
            parts = list(base.rows(sql))
    filled = [p for p in parts if len(p)] or parts[:1]
    if not filled:
        raise DataError(f"{shown(source)}: the query gives no rows; {what} need at least one.")
    return _with_shapes(pd.concat(filled, ignore_index=True), shown(source))


def write_table(table: pd.DataFrame, database: Any, name: str) -> None:
    """Write a table or layer into a database, in place of a table of that name.

    PostgreSQL keeps geometries as PostGIS columns; DuckDB and SQLite keep them as text of well-known
    bytes with the SRID.

    Parameters
    ----------
    table
        DataFrame or GeoDataFrame; a GeoDataFrame needs a CRS with an EPSG code.
    database
        Address or file of the database; a file is made when it is not there.
    name
        Name of the table.

    Returns
    -------
    None; the table is in the database.

    Raises
    ------
    DataError
        When `database` is neither an address nor a file, a name holds a quotation mark, the geometry has no CRS with an
        EPSG code, or the database refuses.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> from patrolgeo import read_places, write_table
    >>> file = tempfile.mkdtemp() + "/desk.sqlite"
    >>> write_table(pd.DataFrame({"kind": ["school"], "lon": [119.9], "lat": [31.7]}), file, "places")
    >>> read_places(file, table="places")["kind"].tolist()
    ['school']
    """
    if not isinstance(database, (str, Path)):
        raise DataError(f"database must be an address or a file, got {type(database).__name__}.")
    for word in (name, *map(str, table.columns)):
        if not word or '"' in word or "\x00" in word:
            raise DataError(f"{word!r} cannot be a name in a database.")
    frame, srid = _without_shapes(table, name)
    with _opened(database, name, write=True) as base, _told(database, "writing failed"):
        base.write(frame, name, table.geometry.name if srid else None, srid)


def _without_shapes(table: pd.DataFrame, name: str) -> tuple[pd.DataFrame, int]:
    if not isinstance(table, gpd.GeoDataFrame):
        return table, 0
    srid = table.crs.to_epsg() if table.crs is not None else None
    if srid is None:
        raise DataError(f"{name}: the geometry needs a CRS with an EPSG code to be written into a database.")
    texts = shapely.to_wkb(shapely.set_srid(table.geometry.to_numpy(), srid), hex=True, include_srid=True)
    return pd.DataFrame(table).assign(**{table.geometry.name: texts}), srid


def _with_shapes(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Make the first column of well-known bytes (or their hexadecimal text) the geometry; its SRID the CRS."""
    for column in table.columns:
        known = table[column].dropna()
        if not len(known) or not _is_wkb(known.iloc[0]):
            continue
        try:
            shapes = shapely.from_wkb(table[column].map(_plain_wkb).to_numpy(object))
        except shapely.errors.GEOSException:
            continue
        srid = int(shapely.get_srid(shapes[table[column].notna().to_numpy()])[0])
        if not srid:
            raise DataError(
                f"{name}: the geometries of {column!r} have no SRID; set it, for example ST_SetSRID(…, 4326)."
            )
        rest = table.drop(columns=[column, *(["geometry"] if column != "geometry" and "geometry" in table else [])])
        return gpd.GeoDataFrame(rest, geometry=shapes, crs=f"EPSG:{srid}")
    return table


def _is_wkb(value: Any) -> bool:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value[:1]) in (b"\x00", b"\x01") and len(value) >= 9
    return isinstance(value, str) and pd.Series([value]).str.fullmatch(_HEX_WKB).iloc[0]


def _plain_wkb(value: Any) -> Any:
    return (
        bytes(value)
        if isinstance(value, (bytearray, memoryview))
        else value
        if isinstance(value, (bytes, str))
        else None
    )


@dataclass(frozen=True)
class _Base:
    """An open database: its tables, the rows of a query in chunks, and how a table is written."""

    tables: Callable[[], list[str]]
    rows: Callable[[str], Iterator[pd.DataFrame]]
    write: Callable[[pd.DataFrame, str, str | None, int], None]


@contextmanager
def _opened(source: Any, what: str, *, write: bool = False) -> Iterator[_Base]:
    if is_server(source):
        with _server(source, write) as base:
            yield base
        return
    path = Path(source) if write else check_file(source, what)
    with _duckdb(path, write) if _ending(path) in _DUCKDB else _sqlite(path, write) as base:
        yield base


@contextmanager
def _server(source: str, write: bool) -> Iterator[_Base]:
    sqlalchemy = _extra("sqlalchemy", source)
    _extra("psycopg", source)
    with _told(source, "it cannot be reached"):
        engine = sqlalchemy.create_engine(_address(source, sqlalchemy), poolclass=sqlalchemy.pool.NullPool)
        connection = engine.connect().execution_options(postgresql_readonly=not write, stream_results=not write)
        connection.exec_driver_sql("SELECT 1").close()

    def tables() -> list[str]:
        seen = sqlalchemy.inspect(connection)
        named = [(s, t) for s in seen.get_schema_names() for t in (*seen.get_table_names(s), *seen.get_view_names(s))]
        return [t if s == "public" else f"{s}.{t}" for s, t in named if s != "information_schema"]

    def put(frame: pd.DataFrame, name: str, shape: str | None, srid: int) -> None:
        types = {} if shape is None else {shape: _geometry_type(srid)}
        frame.to_sql(name, connection, if_exists="replace", index=False, dtype=types, chunksize=_CHUNK)
        connection.commit()

    def rows(sql: str) -> Iterator[pd.DataFrame]:
        return pd.read_sql(sqlalchemy.text(sql.replace(":", r"\:")), connection, chunksize=_CHUNK)

    try:
        yield _Base(tables, rows, put)
    finally:
        connection.close()
        engine.dispose()


def _geometry_type(srid: int) -> Any:
    from sqlalchemy.types import UserDefinedType

    class Geometry(UserDefinedType[str]):
        cache_ok = True

        def get_col_spec(self, **_: Any) -> str:
            return f"geometry(Geometry, {srid})"

    return Geometry()


@contextmanager
def _duckdb(path: Path, write: bool) -> Iterator[_Base]:
    duckdb = _extra("duckdb", path)
    with _told(path, "it cannot be opened"):
        connection = duckdb.connect(str(path), read_only=not write, config={"enable_external_access": "false"})

    def rows(sql: str) -> Iterator[pd.DataFrame]:
        yield connection.execute(sql).df()

    def put(frame: pd.DataFrame, name: str, *_: Any) -> None:
        connection.register("patrolgeo_frame", frame)
        connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS SELECT * FROM patrolgeo_frame')  # noqa: S608

    known = "SELECT table_name FROM information_schema.tables"
    try:
        yield _Base(lambda: [r[0] for r in connection.execute(known).fetchall()], rows, put)
    finally:
        connection.close()


@contextmanager
def _sqlite(path: Path, write: bool) -> Iterator[_Base]:
    with _told(path, "it cannot be opened"):
        connection = sqlite3.connect(path) if write else sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").close()

    def put(frame: pd.DataFrame, name: str, *_: Any) -> None:
        frame.to_sql(name, connection, if_exists="replace", index=False, chunksize=_CHUNK)
        connection.commit()

    known = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
    try:
        yield _Base(
            lambda: [r[0] for r in connection.execute(known).fetchall()],
            lambda sql: pd.read_sql(sql, connection, chunksize=_CHUNK),
            put,
        )
    finally:
        connection.close()


def _extra(module: str, source: Any) -> Any:
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        raise DataError(f"{shown(source)}: databases need the extra 'db': pip install 'patrolgeo[db]'.") from error


def _address(source: str, sqlalchemy: Any) -> Any:
    url = sqlalchemy.engine.make_url(source.replace("postgres://", "postgresql://", 1))
    if url.password is not None or "password" in url.query:
        raise DataError(
            f"{shown(source)}: a password must not stand in the address; put it into PGPASSWORD, the password file "
            "(~/.pgpass) or a service file (postgresql:///?service=name)."
        )
    return url.set(drivername="postgresql+psycopg")


def _quoted(table: str, base: _Base, source: Any) -> str:
    """Return the name of a table in quotes; one that is not there is an error that names those that are."""
    with _told(source, "its tables cannot be listed"):
        known = base.tables()
    if table not in known:
        there = ", ".join(sorted(known)[:20]) or "no tables"
        raise DataError(f"{shown(source)} has no table {table!r}{nearest(table, known)} It has: {there}.")
    return ".".join(f'"{part}"' for part in table.split(".", 1))


@contextmanager
def _told(source: Any, what: str) -> Iterator[None]:
    """Turn the error of a driver into one sentence; none of them holds the password, which is never in the address."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001 - every driver has errors of its own
        first = str(getattr(error, "orig", None) or error).strip().splitlines()[0].rstrip(".")
        raise DataError(f"{shown(source)}: {what}: {first[:300]}.") from None


def _ending(source: Any) -> str:
    return Path(str(source)).suffix.lower()
