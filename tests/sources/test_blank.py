"""A blank workbook that is filled in is read as it is."""

import openpyxl
import pytest

from patrolgeo import (
    DataError,
    kind_table,
    read_calls,
    read_forces,
    read_gates,
    read_incidents,
    read_places,
    read_population,
    read_shifts,
    write_blank,
)
from patrolgeo.command.main import main
from patrolgeo.sources.blank import blank_tables
from patrolgeo.sources.columns import known_names

READERS = {
    "incidents": read_incidents, "calls": read_calls, "population": read_population, "places": read_places,
    "forces": read_forces, "shifts": read_shifts, "gates": read_gates,
}  # fmt: skip


def fill(path, rows):
    book = openpyxl.load_workbook(path)
    for row in rows:
        book["data"].append(row)
    book.save(path)


@pytest.mark.parametrize("name", READERS)
def test_a_workbook_filled_with_its_examples_gives_them_back(tmp_path, name):
    write_blank(tmp_path)
    columns = blank_tables()[name]
    assert set(columns) <= set(known_names(name))
    fill(tmp_path / f"{name}.xlsx", [[column["example"] for column in columns.values()]])
    table = READERS[name](tmp_path / f"{name}.xlsx")
    assert len(table) == 1
    for field, column in columns.items():
        if field in table.columns and field not in ("start", "days"):
            assert str(table[field].iloc[0]).startswith(str(column["example"])), field
    if "lon" in columns:
        assert (table.geometry.x.iloc[0], table.geometry.y.iloc[0]) == (119.97, 31.81)


def test_a_blank_one_says_that_it_holds_no_rows(tmp_path):
    write_blank(tmp_path)
    with pytest.raises(DataError, match="holds no rows"):
        read_incidents(tmp_path / "incidents.xlsx")


def test_every_column_has_a_unit_or_none_allowed_values_and_an_example(tmp_path):
    write_blank(tmp_path)
    for name, columns in blank_tables().items():
        rows = list(openpyxl.load_workbook(tmp_path / f"{name}.xlsx")["columns"].values)
        assert [row[0] for row in rows[1:]] == list(columns)
        assert all(row[3] and row[4] is not None for row in rows[1:])


def test_what_was_filled_in_is_not_overwritten_and_the_bytes_are_the_same(tmp_path):
    write_blank(tmp_path / "a")
    write_blank(tmp_path / "b")
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    fill(tmp_path / "a" / "shifts.xlsx", [["early", "06:00", "14:00", "daily"]])
    assert write_blank(tmp_path / "a") == []
    assert read_shifts(tmp_path / "a" / "shifts.xlsx").index.tolist() == ["early"]


def test_the_command_writes_them_and_the_kinds_are_read(tmp_path, capsys):
    assert main(["sample", "--blank", str(tmp_path)]) == 0
    assert "incidents.xlsx" in capsys.readouterr().out
    assert kind_table(tmp_path / "kinds.csv").equals(kind_table("nibrs"))
