import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrolgeo import DataError
from patrolgeo.sources.clocks import parse_clock
from patrolgeo.sources.date_parts import WRITTEN, date_parts, parts_by
from patrolgeo.sources.times import daylight_saving, parse_times


def read(*texts, **options):
    times = parse_times(pd.Series(list(texts)), "table, time", **options)
    return [None if np.isnat(t) else str(t) for t in times.values]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-03-05 23:40", "2024-03-05T23:40:00"),
        ("2024-03-05T23:40:15.123", "2024-03-05T23:40:15"),
        ("2024/3/5 3:04:05", "2024-03-05T03:04:05"),
        ("2024.03.05", "2024-03-05T00:00:00"),
        ("20240305", "2024-03-05T00:00:00"),
        ("202403052340", "2024-03-05T23:40:00"),
        ("20240305234015", "2024-03-05T23:40:15"),
        ("03/25/2024 11:40:00 PM", "2024-03-25T23:40:00"),
        ("03/25/2024 12:05 AM", "2024-03-25T00:05:00"),
        ("25/03/2024 12:05 PM", "2024-03-25T12:05:00"),
        ("25/03/98 07:05", "1998-03-25T07:05:00"),
        ("25.03.1998", "1998-03-25T00:00:00"),
        ("05-MAR-2024 23:40", "2024-03-05T23:40:00"),
        ("Mar 5, 2024 11:40 PM", "2024-03-05T23:40:00"),
        ("5 March 2024 23:40", "2024-03-05T23:40:00"),
        ("2024年3月5日 23时40分", "2024-03-05T23:40:00"),
        ("2024年3月5日23时40分15秒", "2024-03-05T23:40:15"),
        ("2024年3月5日 下午3:04", "2024-03-05T15:04:00"),
        ("2024年3月5日", "2024-03-05T00:00:00"),
        ("45356.986111", "2024-03-05T23:40:00"),
        ("2024-03-05 24:00", "2024-03-06T00:00:00"),
        ("2024-03-05T23:40:00+08:00", "2024-03-05T23:40:00"),
        ("1709682000", "2024-03-05T23:40:00"),
    ],
)
def test_a_writing_is_read_as_it_is_meant(written, meant):
    assert read(written) == [meant]


@pytest.mark.parametrize(
    "nonsense", ["2024-02-30", "2024-13-05", "2024-03-05 25:00", "不详", "yesterday", "12:30", "#REF!"]
)
def test_nonsense_is_no_time(nonsense):
    assert read("2024-03-05", nonsense) == ["2024-03-05T00:00:00", None]


def test_the_order_of_day_and_month_is_found_once_for_the_column():
    assert read("02/01/2024", "13/01/2024") == ["2024-01-02T00:00:00", "2024-01-13T00:00:00"]
    assert read("02/01/2024", "01/13/2024") == ["2024-02-01T00:00:00", "2024-01-13T00:00:00"]


def test_a_column_that_fits_both_orders_is_an_error_that_shows_two_rows():
    with pytest.raises(DataError, match=r"row 0: 02/01/2024, row 1: 03/04/2024"):
        read("02/01/2024", "03/04/2024")
    assert read("02/01/2024", "03/04/2024", day_first=True)[0] == "2024-01-02T00:00:00"


def test_months_and_days_keep_their_precision():
    times = parse_times(pd.Series(["2024-01", "2024-01-05", "2024-01-05 10:00"]), "time")
    assert times.month_only.tolist() == [True, False, False]
    assert times.day_only.tolist() == [False, True, False]


def test_missing_is_told_from_unreadable():
    times = parse_times(pd.Series(["2024-01-05", None, "", "?"]), "time")
    assert times.missing.tolist() == [False, True, True, False]


def test_offsets_become_the_local_clock_of_the_zone():
    assert read("2024-07-01T12:00:00Z", tz="Europe/London") == ["2024-07-01T13:00:00"]
    assert read("2024-07-01T12:00:00+02:00", "2024-07-01T12:00:00-05:00", tz="UTC") == [
        "2024-07-01T10:00:00",
        "2024-07-01T17:00:00",
    ]
    with pytest.raises(DataError, match="2 different offsets"):
        read("2024-07-01T12:00:00+02:00", "2024-07-01T12:00:00-05:00")


def test_the_nights_of_daylight_saving_do_not_raise():
    values = pd.Series(pd.to_datetime(["2024-03-31 01:30", "2024-10-27 01:30", "2024-07-01 01:30"])).to_numpy()
    moved, skipped, repeated = daylight_saving(values.astype("datetime64[s]"), "Europe/London")
    assert skipped.tolist() == [True, False, False]
    assert repeated.tolist() == [False, True, False]
    assert str(moved[0]) == "2024-03-31T02:00:00"
    assert (moved[1:] == values[1:]).all()


def test_clocks_as_numbers_and_text():
    seconds = parse_clock(pd.Series(["2340", "5", "23:40:10", "11:40 PM", "0", "2460", None]))
    expected = [85_200, 300, 85_210, 85_200, 0, None, None]
    assert [None if np.isnat(s) else int(s.astype(int)) for s in seconds] == expected
    assert np.isnat(parse_clock(pd.Series([2340, 5, 5e306]))).tolist() == [False, False, True]
    assert np.isnat(parse_clock(pd.Series([-5e306, *range(24)]))).sum() == 1
    assert parse_clock(pd.Series([2340, 5])).astype(int).tolist() == [85_200, 300]


FORMATS = [
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%Y年%m月%d日 %H时%M分%S秒",
]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.datetimes(pd.Timestamp("1971-01-01"), pd.Timestamp("2060-01-01")), min_size=1, max_size=20),
    st.sampled_from(FORMATS),
)
def test_what_is_written_in_a_known_format_is_read_back(moments, pattern):
    moments = [m.replace(microsecond=0) for m in moments]
    texts = [m.strftime(pattern) for m in moments]
    found = read(*texts, day_first=pattern.startswith("%d"))
    assert found == [m.isoformat() for m in moments]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=5))
def test_any_text_is_a_time_or_none_or_a_clear_error(texts):
    try:
        assert len(read(*texts)) == len(texts)
    except DataError as error:
        if "day-first" not in str(error) and "offsets" not in str(error):
            raise


@pytest.mark.parametrize(
    ("written", "year"), [("25/12/00", 2000), ("25/12/69", 2069), ("25/12/70", 1970), ("25/12/99", 1999)]
)
def test_a_year_of_two_digits_is_of_this_century_or_the_last(written, year):
    """00 is a year: 2000. 69 and 70 are the last and the first of their centuries."""
    assert read(written) == [f"{year}-12-25T00:00:00"]
    assert read(f"25 Dec {written[-2:]}") == [f"{year}-12-25T00:00:00"]


@pytest.mark.parametrize(
    "written",
    [
        "0001-01-01 00:00",
        "01/01/0001 00:00:00",
        "0000-00-00",
        "9999-12-31",
        "31/12/9999 23:59:59",
    ],
)
def test_dates_that_stand_for_no_date_are_missing_not_wrong(written):
    """Years 0, 1 and 9999 are what databases write for nothing; 2001 written with two digits is a year."""
    times = parse_times(pd.Series([written]), "table, time")
    assert times.missing.tolist() == [True]
    assert np.isnat(times.values).all()
    assert read("25/12/01", day_first=True) == ["2001-12-25T00:00:00"]


@pytest.mark.parametrize("zone", ["+08:00", "+0800", "+800", "+08", "+8", "UTC+8", "GMT+08:00"])
def test_an_offset_is_read_however_it_is_written(zone):
    """23:40 eight hours east of Greenwich is 15:40 there, which is what the same moment is without the offset."""
    assert read(f"2024-03-05 23:40{zone}", tz="UTC") == ["2024-03-05T15:40:00"]


@pytest.mark.parametrize(("known", "written"), [("2024-03-25", "0001-06-05"), ("25/03/2024", "05/06/0001")])
def test_any_day_of_the_year_1_stands_for_no_date(known, written):
    """Not only the first of January, whichever end of the date the year stands at."""
    times = parse_times(pd.Series([known, written]), "table, time", day_first=True)
    assert times.missing.tolist() == [False, True]
    assert np.isnat(times.values).tolist() == [False, True]


def test_bytes_and_pattern_read_the_same():
    """ISO times are read from their bytes; the pattern, which reads all others, must say the same of each part."""
    days = ["2024-03-05", "0001-01-01", "2024-13-32", "2024-03-0x", "24-03-05"]
    clocks = ["", " 23:40", "T23:40", " 23:40:07", "T23:40:07.250", " 24:00:00", " 23-40:07", "T23:40:07Z", " 11:40 PM"]
    text = pa.array([None, *(day + clock for day in days for clock in clocks)], pa.string())
    quick, slow = date_parts(text), parts_by(text, WRITTEN)
    assert {name: values.tolist() for name, values in quick.items()} == {n: v.tolist() for n, v in slow.items()}
    assert (quick["a"] == 2024).sum() == 16  # of two days, with every clock but 23-40:07


@pytest.mark.parametrize("rows", [1, 2, 7, 8, 100])
def test_dates_of_two_digits_are_read_by_evidence_or_not_at_all(rows):
    """24-03-01 is a day of 2024 or of 2001: seven days of one month tell, two days do not, however many the rows."""
    days = pd.date_range("2024-03-01", periods=rows).strftime("%y-%m-%d")
    if rows > 5:
        assert read(*days)[0] == "2024-03-01T00:00:00"
    with pytest.raises(DataError, match=r"24-03-01 \(row 0\) can begin or end with its year"):
        read(*np.resize(days[:2], rows))
    assert read(*days, day_first=False)[0] == "2024-03-01T00:00:00"
    assert read(*days[:1], day_first=True) == ["2001-03-24T00:00:00"]


@pytest.mark.parametrize(
    "written",
    [
        "2024-03-01 14.30",
        "01.03.2024 14.30.00",
        "01.03.2024 14:30 Uhr",
        "01-MAR-24 02.30.00.000000 PM",
        "01-MAR-24 02.30.00.000000 PM UTC",
        "01MAR2024:14:30:00",
        "01/Mar/2024:14:30:00 +0000",
        "2024-03-01T14:30:00+0000",
        "01/03/2024 2:30 p. m.",
        "/Date(1709303400000)/",
        "14:30 01/03/2024",
        "2:30 PM 1 March 2024",
        "٢٠٢٤-٠٣-٠١ ١٤:٣٠",
        "２０２４-０３-０１ １４:３０",
        "\u200f01\u200f/03\u200f/2024 14:30",
    ],
)
def test_what_machines_export_is_read(written):
    """Alone, and in a column of ISO times; +0000 on the first of a month is an offset and not the year 0."""
    assert read(written, "2024-05-13 07:00", day_first=True) == ["2024-03-01T14:30:00", "2024-05-13T07:00:00"]


def test_a_word_for_the_zone_is_read_by_the_zone_or_asked_for():
    """EST in July is an hour behind the clocks of New York; without a zone CST is Chicago's or China's."""
    assert read("2024-03-01 14:30 EST", "2024-07-01 14:30 (EST)", tz="America/New_York") == [
        "2024-03-01T14:30:00",
        "2024-07-01T15:30:00",
    ]
    for tz, said in ((None, "several offsets"), ("Europe/London", "clocks of Europe/London do not bear")):
        with pytest.raises(DataError, match=f"'CST'.* {said}"):
            read("2024-03-01 14:30 CST", tz=tz)
    assert read("2024-03-01 14:30 VOID", *["2024-03-02 14:30"] * 99)[:2] == [None, "2024-03-02T14:30:00"]


def test_digits_with_a_zero_before_them_are_no_day_of_a_spreadsheet():
    """030124 is a day in January and not 30124 days after 1899."""
    assert read("030124", "2024-03-05") == [None, "2024-03-05T00:00:00"]
