"""Exports with the accidents that files meet: what a reader must survive, and how to tell that no row was lost."""

import random

MIDDLE = "0123456789 ,;\t\"'\\/-.:|年月日時°é中\x00\ufeff"


def mutate(raw: bytes, encoding: str, rng: random.Random) -> bytes:
    """Return `raw` after one to four accidents."""
    for _ in range(rng.randint(1, 4)):
        raw = rng.choice(_ACCIDENTS)(raw, encoding, rng)
    return raw


def _lines(raw: bytes, encoding: str) -> list[str]:
    return raw.decode(encoding, errors="replace").split("\n")


def _bytes(lines: list[str], encoding: str) -> bytes:
    return "\n".join(lines).encode(encoding, errors="replace")


def _flip_byte(raw, encoding, rng):
    if not raw:
        return raw
    at = rng.randrange(len(raw))
    return raw[:at] + bytes([rng.randrange(256)]) + raw[at + 1 :]


def _truncate(raw, encoding, rng):
    return raw[: rng.randrange(len(raw) + 1)]


def _repeat_line(raw, encoding, rng):
    lines = _lines(raw, encoding)
    at = rng.randrange(len(lines))
    return _bytes(lines[: at + 1] + lines[at : at + 1] * rng.randint(1, 3) + lines[at + 1 :], encoding)


def _drop_line(raw, encoding, rng):
    lines = _lines(raw, encoding)
    del lines[rng.randrange(len(lines))]
    return _bytes(lines, encoding)


def _shuffle_lines(raw, encoding, rng):
    lines = _lines(raw, encoding)
    rng.shuffle(lines)
    return _bytes(lines, encoding)


def _insert_character(raw, encoding, rng):
    lines = _lines(raw, encoding)
    row = rng.randrange(len(lines))
    at = rng.randrange(len(lines[row]) + 1)
    lines[row] = lines[row][:at] + rng.choice(MIDDLE) + lines[row][at:]
    return _bytes(lines, encoding)


def _swap_fields(raw, encoding, rng):
    lines = _lines(raw, encoding)
    row = rng.randrange(len(lines))
    fields = lines[row].split(",")
    rng.shuffle(fields)
    lines[row] = ",".join(fields)
    return _bytes(lines, encoding)


def _replace_field(raw, encoding, rng):
    lines = _lines(raw, encoding)
    row = rng.randrange(len(lines))
    fields = lines[row].split(",")
    odd = [
        "",
        "0",
        "-1",
        "1e400",
        "nan",
        "99999999999999999999",
        "NULL",
        "#REF!",
        "13/13/2024",
        "24:00",
        "x" * 500,
        "−5",
    ]
    fields[rng.randrange(len(fields))] = rng.choice(odd)
    lines[row] = ",".join(fields)
    return _bytes(lines, encoding)


def _title_above(raw, encoding, rng):
    return _bytes(["Export of the records system", *_lines(raw, encoding)], encoding)


def _windows_newlines(raw, encoding, rng):
    return _bytes([line.rstrip("\r") + "\r" for line in _lines(raw, encoding)], encoding)


def _other_encoding(raw, encoding, rng):
    return raw.decode(encoding, errors="replace").encode(
        rng.choice(["utf-8", "gb18030", "utf-16", "big5"]), errors="replace"
    )


def _other_separator(raw, encoding, rng):
    return _bytes([line.replace(",", rng.choice(";\t")) for line in _lines(raw, encoding)], encoding)


_ACCIDENTS = (
    _flip_byte,
    _truncate,
    _repeat_line,
    _drop_line,
    _shuffle_lines,
    _insert_character,
    _swap_fields,
    _replace_field,
    _title_above,
    _windows_newlines,
    _other_encoding,
    _other_separator,
)


def check_reading(path, preset, read, errors, clean=None):
    """Read a file; it must give a table whose rows are all accounted for, or one of the library's own `errors`.

    `clean` is the text before the accidents and its table: rows that no accident met come out with the same values.
    Returns whether a table came out.
    """
    try:
        table, ledger = read(path, preset=preset, return_ledger=True)
    except errors as error:
        if not str(error).strip():
            raise AssertionError("an error without a message") from error
        return False
    account = ledger.to_dict()
    assert account["read"] == account["kept"] + sum(account["set_aside"].values())
    assert account["kept"] == len(table) > 0
    lines = assert_every_line_is_accounted_for(path, ledger)
    if clean is not None:
        assert_sound_rows_are_unchanged(table, lines, *clean)
    return True


def values(table):
    """Return time, kind and place of each row of incidents or calls by its id."""
    time = table["time"] if "time" in table.columns else table["received"]
    rows = zip(table["id"], time, table["category"], table.geometry.x, table.geometry.y, strict=True)
    return [(i, (t, kind, round(x, 7), round(y, 7))) for i, t, kind, x, y in rows]


def assert_sound_rows_are_unchanged(table, lines, clean_text, clean_table):
    """Compare the rows whose lines are as they were, and whose id (no number of a row) stands in no other line."""
    clean_lines = {line.rstrip("\r") for line in clean_text.split("\n")}
    if clean_text.split("\n")[0] not in {line.rstrip("\r") for line in lines}:
        return  # the header itself was hit
    right = dict(values(clean_table))
    for name, found in values(table):
        holding = [line.rstrip("\r") for line in lines if name in line]
        if len(name) > 6 and name in right and holding and all(line in clean_lines for line in holding):
            assert found == right[name], f"{name}: {found} instead of {right[name]}"


def assert_every_line_is_accounted_for(path, ledger):
    """Count the lines of the file without the reader: each is a row, or the ledger says what became of it."""
    codes = {e.code: e.detail for e in ledger.entries}
    raw = path.read_bytes()
    named = codes["encoding"].split("Read as ")[1].split(";")[0]
    text = raw.decode(named).replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    lines = [line for line in text.split("\n") if line.strip("\ufeff")]
    if "joined_lines" in codes:
        return lines
    titles = int(codes["title_rows"].split()[0]) if "title_rows" in codes else 0
    assert ledger.read == len(lines) - 1 - titles, f"{len(lines)} lines, {titles} titles, {ledger.read} rows read"
    return lines
