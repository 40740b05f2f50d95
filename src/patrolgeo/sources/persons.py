"""Columns that identify persons: found by name and by the pattern of their values, dropped on reading, counted."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from patrolgeo.sources.columns import plain
from patrolgeo.sources.ledger import Ledger

# Names compared as in `columns.plain`; a name that contains one of the words counts.
_WORDS = (
    "vict|vicage|vicsex|vicrace|susp|descent|offender|arrestee|complainant|reportingperson|callername|callerid|witness|officername|officerid|"
    "badge|firstname|lastname|surname|fullname|personname|contactname|phone|telephone|mobile|cellno|email|ssn|"
    "socialsecurity|passport|driverlicen|nationalid|idcard|identity|licenseplate|plateno|platenumber|vehiclereg|vin|dob|"
    "dateofbirth|birthdate|homeaddress|streetaddress|fulladdress|exactaddress|narrative|freetext|remarks|comments|"
    "姓名|身份证|证件号|电话|手机|联系方式|车牌|号牌|住址|详细地址|家庭住址|门牌|报警人|报案人|受害人|嫌疑人|当事人|违法人|"
    "处警民警|接警员|出警人|民警姓名|警号|简要案情|案件名称|警情内容|处警结果描述|备注|出生日期|微信|邮箱"
)
_NAMES = re.compile(_WORDS)
_EXACT = {
    "name",
    "address",
    "plate",
    "officer",
    "description",
    "notes",
    "caller",
    "地址",
    "民警",
    "案情",
    "驾驶员",
    "车主",
}
# Who was in a car: asked for in logs of patrols only, since elsewhere such words name kinds of work.
_CREW = re.compile(
    r"officer|driver|crew|operator|employee|personnel|staffid|staffname|badge|collar|warrantno|shoulder|partner|"
    r"民警|辅警|队员|驾驶|司机|警号|人员"
)
_VALUES = {
    "identity numbers": r"^\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx]$|^\d{3}-\d{2}-\d{4}$",
    "phone numbers": r"^(?:\+?86[- ]?)?1[3-9]\d{9}$|^\+?1?[-. (]*\d{3}[-. )]+\d{3}[-. ]\d{4}$|^0\d{2,3}-\d{7,8}$",
    "plates": r"^[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·. ]?[A-Z0-9]{5,6}$",
    "e-mail addresses": r"^[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}$",
    "exact addresses": r"\d+号(?:楼|院)?.*(?:\d+室|\d+单元)|^\d+[A-Za-z]?\s+(?:[NSEW]\.?\s+)?[A-Z][\w .]+\s"
    r"(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Dr|Drive|Ln|Lane|Ct|Pl)\b\.?",
    "free text": r"^.{80,}$",
}
# The same patterns anywhere in a text, for what a page shows.
PERSONAL = re.compile(
    r"(?<!\d)\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx]|(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)"
    r"|(?<!\d)(?:\+?86[- ]?)?1[3-9]\d{9}(?!\d)|(?<!\d)\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}(?!\d)"
    r"|(?<!\d)0\d{2,3}-\d{7,8}(?!\d)|[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}"
    r"|[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·. ]?[A-Z0-9]{5,6}"
)
# Names of the number of an event; such a number may begin as a mobile number does (15000268887).
_EVENT_NUMBER = re.compile(
    r"(?:event|case|incident|offen[sc]e|complaint|dispatch|cad)(?:report|case|event)?(?:number|num|nbr|no|id|key)$"
    r"|编号$|案号$|单号$"
)
_SAMPLE = 300
_SHARE = 0.3


def drop_persons(table: Any, ledger: Ledger, fields: set[str], *, crew: bool = False) -> Any:
    """Return `table` without the columns that identify persons, and say which and how many values they held.

    `fields` are recognised columns (the id of an incident, the name of a place); they are what they are called. With
    `crew` the columns that tell who was in a car go too.
    """
    found = {}
    for column in table.columns:
        if column not in fields and column != "geometry":
            reason = "by name" if crew and names_crew(column) else identifies(column, table[column])
            if reason:
                found[column] = reason
    if not found:
        return table
    filled = table[list(found)].notna().any(axis=1).to_numpy()
    listed = ", ".join(f"{column} ({reason})" for column, reason in found.items())
    ledger.repaired("persons_dropped", filled, f"{len(found)} column(s): {listed}.")
    return table.drop(columns=list(found))


def names_crew(column: str) -> bool:
    """Return whether the name of a column says that it holds officers, drivers or others of a crew."""
    return _CREW.search(plain(column)) is not None


def identifies(name: str, values: pd.Series) -> str:
    """Return what makes a column identify persons, or an empty string."""
    word = plain(name)
    if word in _EXACT or _NAMES.search(word):
        return "by name"
    if pd.api.types.is_float_dtype(values.dtype) or pd.api.types.is_datetime64_any_dtype(values.dtype):
        return ""
    sample = values.dropna()
    sample = sample.iloc[:: max(1, len(sample) // _SAMPLE)].astype("str").str.strip()
    for what, pattern in _VALUES.items():
        if what == "phone numbers" and _EVENT_NUMBER.search(word):
            continue
        if len(sample) and sample.str.contains(pattern, regex=True).mean() >= _SHARE:
            return what
    return ""
