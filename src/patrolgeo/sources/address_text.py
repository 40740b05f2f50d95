"""What an address says: a house number, a block or a crossing, and the streets, without spelling."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_TYPES = {
    "STREET": "ST", "STR": "ST", "AVENUE": "AVE", "AV": "AVE", "ROAD": "RD", "BOULEVARD": "BLVD",
    "DRIVE": "DR", "LANE": "LN", "COURT": "CT", "PLACE": "PL", "TERRACE": "TER", "CIRCLE": "CIR",
    "HIGHWAY": "HWY", "PARKWAY": "PKWY", "SQUARE": "SQ", "ALLEY": "ALY", "TRAIL": "TRL", "CRESCENT": "CRES",
    "NORTH": "N", "SOUTH": "S", "EAST": "E", "WEST": "W", "NORTHEAST": "NE", "NORTHWEST": "NW",
    "SOUTHEAST": "SE", "SOUTHWEST": "SW", "FIRST": "1ST", "SECOND": "2ND", "THIRD": "3RD", "FOURTH": "4TH",
    "FIFTH": "5TH", "SIXTH": "6TH", "SEVENTH": "7TH", "EIGHTH": "8TH", "NINTH": "9TH", "TENTH": "10TH",
}  # fmt: skip
_UNIT = re.compile(r"(?:\s+(?:APT|UNIT|STE|SUITE|FL|FLOOR|RM|ROOM|BLDG|LOT)\b|\s*#).*$")
_BLOCK = re.compile(r"^0*(\d+)(?:\s*-\s*\d+)?\s+(?:BLOCK|BLK)(?:\s+OF)?\s+(.+)$")
_MASKED = re.compile(r"^0*(\d*)XX?\s+(.+)$")
_NUMBER = re.compile(r"^0*(\d+)(?:-\d+)?[A-Z]?(?:\s+1/2)?\s+(.+)$")
_CROSS = re.compile(r"\s*(?:&|/|@|\bAND\b|\bAT\b)\s*")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_ROAD = r"[\u4e00-\u9fffA-Za-z0-9]+?(?:大道|大街|公路|路|街|巷|弄|胡同|道)(?:[东南西北中]段)?"
_CHINESE_NUMBER = re.compile(rf"(?P<road>{_ROAD})(?P<number>\d+)(?:-\d+|之[一二三四五六七八九十\d]+)?号")
_MEET = "交叉口|交叉路口|交汇处|交界处|交口|路口|口"
_CHINESE_CROSS = re.compile(rf"(?P<a>{_ROAD})(?:与|和|、|/|-|同|及)?(?P<b>{_ROAD})(?:的)?(?:{_MEET})")
_ADMIN = re.compile(r"^.*(?:自治区|自治州|省|街道(?!路|街)|[市区县旗镇乡村](?![东南西北中]?(?:大道|大街|路|街|巷)))")


@dataclass(frozen=True)
class Address:
    """An address as it was understood: `streets` one or two (a crossing); `low` to `high` the numbers meant."""

    streets: tuple[str, ...]
    low: int = -1
    high: int = -1

    @property
    def single(self) -> bool:
        """Say whether one house is meant."""
        return self.low >= 0 and self.low == self.high


def read_address(text: str) -> Address | None:
    """Return what an address says, or None when it is not understood.

    Examples
    --------
    >>> read_address("1200 BLOCK OF N. Main Street")
    Address(streets=('N MAIN ST',), low=1200, high=1299)
    >>> read_address("Main St & 4th Ave").streets, read_address("东城街道南环二路12号3幢").low
    (('MAIN ST', '4TH AVE'), 12)
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    return _read_chinese(plain) if _CHINESE.search(plain) else _read_english(plain.upper())


def _read_english(text: str) -> Address | None:
    text = re.sub(r"\(.*?\)", " ", text.split(",", maxsplit=1)[0].replace(".", " "))
    text = re.sub(r"\s+", " ", text).strip()
    block = _BLOCK.match(text) or _MASKED.match(text)
    if block:
        digits = block.group(1) or "0"
        first = int(digits) if _BLOCK.match(text) else int(digits) * 100
        first -= first % 100
        return Address((street_name(block.group(2)),), first, first + 99)
    number = _NUMBER.match(text)
    if number and not _CROSS.search(text):
        street = street_name(number.group(2))
        return Address((street,), int(number.group(1)), int(number.group(1))) if re.search("[A-Z]", street) else None
    parts = [street_name(part) for part in _CROSS.split(text) if part.strip()]
    return Address((parts[0], parts[1])) if len(parts) == 2 and all(parts) else None


def _read_chinese(text: str) -> Address | None:
    text = re.sub(r"\s+", "", text)
    cross = _CHINESE_CROSS.search(_ADMIN.sub("", text))
    if cross:
        return Address((cross["a"], cross["b"]))
    number = _CHINESE_NUMBER.search(_ADMIN.sub("", text.split("号", 1)[0] + "号"))
    return Address((number["road"],), int(number["number"]), int(number["number"])) if number else None


def street_name(text: str) -> str:
    """Return a street's name in capitals, with the usual short words and without a unit.

    Examples
    --------
    >>> street_name("North Main Street Apt 4"), street_name("N. MAIN ST")
    ('N MAIN ST', 'N MAIN ST')
    """
    plain = _UNIT.sub("", unicodedata.normalize("NFKC", text).upper().replace(".", " "))
    return " ".join(_TYPES.get(word, word) for word in re.findall(r"[^\W_]+(?:'[^\W_]+)?", plain))
