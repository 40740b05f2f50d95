"""What the law of a country asks of checkpoints and rings: a purpose, a legal basis, an end."""

from __future__ import annotations

import re
from pathlib import Path

from patrolgeo.config.said import check_date, check_said
from patrolgeo.errors import DataError

# What driving under the influence is called: a purpose of road safety, although some of its words name drugs.
_SOBER = r"(drug|drink|alcohol)\w*[\W_]+(impaired|influenced|driv\w*)|(drunk\w*|drugged|impaired)[\W_]+driv\w*"
_INFLUENCE = r"(driv\w*[\W_]+)?under[\W_]+the[\W_]+influence([\W_]+of([\W_]+(drugs?|alcohol|or|and))+)?"
# Words of general crime control, English and Chinese.
_CRIME = (
    r"crim\w*|drugs?|narcotics?|guns?|weapons?|firearms?|contraband|stolen|theft\w*|burglar\w*|robber\w*|gangs?|"
    r"warrants?|suspects?|suspicious|law[\W_]+enforcement|deter\w*|public[\W_]+(order|security)|smuggl\w*"
)
_CRIME_ZH = "犯罪|治安|毒|枪|盗|抢|可疑|嫌疑|逃犯|违禁|走私|维稳"


def check_mandate(purpose: str | None, basis: str, valid_until: str, country: str | None, where: str) -> None:
    """Raise when control of a road lacks purpose, basis or end, or has a purpose that the country does not allow.

    In the United States a checkpoint whose primary purpose is general crime control is refused (City of Indianapolis v.
    Edmond, 531 U.S. 32, 2000); it is told by its words. `purpose` is None where none is asked for.
    """
    check_said(basis, f"{where}.basis")
    check_date(valid_until, f"{where}.valid_until")
    if purpose is None:
        return
    check_said(purpose, f"{where}.purpose")
    if country == "US" and is_crime_control(purpose):
        raise DataError(
            f"{where}.purpose = {purpose!r} is general crime control, for which checkpoints are not lawful in the "
            "United States (City of Indianapolis v. Edmond, 2000). Name a purpose of its own, such as sobriety, "
            "licence checks, the border, a known emergency or witnesses of one incident, or leave [checkpoints] out."
        )


def is_crime_control(purpose: str) -> bool:
    """Return whether a purpose is general crime control, by its words.

    Examples
    --------
    >>> from patrolgeo.config.mandates import is_crime_control
    >>> [is_crime_control(p) for p in ("general crime control", "drug-impaired driving", "finding drugs", "治安防控")]
    [True, False, True, True]
    """
    rest = re.sub(f"{_SOBER}|{_INFLUENCE}", " ", purpose.lower())
    return re.search(rf"\b({_CRIME})\b|{_CRIME_ZH}", rest) is not None


def check_country(country: str | None, path: Path) -> None:
    """Raise when a country is not two capital letters (ISO 3166)."""
    if country is None:
        return
    if not re.fullmatch("[A-Z]{2}", country) or country in ("UK", "EN"):
        meant = ' The United Kingdom is "GB".' if country.upper() in ("UK", "EN", "ENGLAND") else ""
        raise DataError(f'{path}: country = {country!r} must be two capital letters such as "CN" or "US".{meant}')
