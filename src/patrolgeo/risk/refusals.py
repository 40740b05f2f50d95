"""What is not to be forecast and what must not explain risk: people's groups, their beliefs, their petitions.

Places, never persons. A covariate that stands for a group of people would send patrols to people rather than places;
such tables are welcome where services are planned and where equity is audited, not here.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable

from patrolgeo.errors import DataError, PatrolgeoWarning

# reason -> words; a name or role is split into words at anything that is not a letter, "s" at the end is dropped
_COVARIATES = {
    "it describes groups of people, and patrols must not follow groups": "ethnicity ethnic race racial minority "
    "nationality ancestry hispanic latino asian 民族 种族 国籍",
    "it describes belief": "religion religious faith muslim christian buddhist belief 宗教 信仰",
    "it describes where people come from or how they are registered": "origin hukou registered registration migrant "
    "immigrant migration foreign foreigner floating citizenship tenant renter rental 户籍 流动人口 外来人口 籍贯 暂住",
    "it describes how poor people are": "income poverty poor wage unemployment unemployed welfare deprivation benefit "
    "rent subsistence 收入 贫困 低保 失业",
    "it leads to people at prayer, in care, in shelter, or who complain or report": "worship church mosque temple "
    "synagogue shrine monastery clinic hospital shelter petition media newspaper journalist "
    "教堂 清真寺 寺庙 诊所 医院 庇护 信访 媒体",
}
_NEVER_FORECAST = (
    "petition petitioner assembly protest protester demonstration rally religious religion political worship strike "
    "信访 上访 集会 游行 示威 宗教 罢工"
)
_TOWNSHIP_ONLY = (
    "sexual sexually rape sex indecent indecency molest molestation incest fondling sodomy trafficking domestic family "
    "spousal juvenile minor child suicide suicidal runaway prostitution stalking "
    "强奸 猥亵 性侵 家暴 家庭暴力 家庭纠纷 婚姻 未成年 自杀 轻生 自伤 拐卖 卖淫 嫖娼 走失"
)
_OFFICER_INITIATED = (
    "drug narcotic narcotics possession disorder arrest stop search vagrancy loitering vice gambling weapon dui dwi "
    "intoxicated liquor warrant 盘查 查获 吸毒 贩毒 毒品 卖淫 赌博 酒驾 醉驾"
)
# in a plan run such kinds are left out, not only warned of: words that also stand in calls of the public are not here
_OFFICER_MADE = (
    "drug narcotic narcotics possession vagrancy loitering vice gambling dui dwi intoxicated liquor warrant "
    "盘查 查获 吸毒 贩毒 毒品 赌博 酒驾 醉驾"
)
TOWNSHIP_KM2 = 30.0
REFUSED, SENSITIVE, OFFICER_MADE = "refused_kind", "sensitive_kind", "officer_kind"


def rule_of(name: str) -> str:
    """Return the rule that keeps a category from the cells, by its words: what is refused, sensitive, made by officers.

    Examples
    --------
    >>> from patrolgeo.risk.refusals import rule_of
    >>> [rule_of(name) for name in ("petition", "Domestic Violence", "Narcotic / Drug Law Violations", "burglary")]
    ['refused_kind', 'sensitive_kind', 'officer_kind', '']
    """
    lists = {REFUSED: _NEVER_FORECAST, SENSITIVE: _TOWNSHIP_ONLY, OFFICER_MADE: _OFFICER_MADE}
    driving = re.search(r"(driv\w*).*(drink|drunk|influence|alcohol)|(drink|drunk)\w*[\W_]*driv", name.lower())
    found = next((rule for rule, words in lists.items() if _first_match(name, words)), "")
    return found or (OFFICER_MADE if driving else "")


def refuse_covariate(name: str, role: str | None = None) -> None:
    """Raise when a covariate of risk describes people or leads to places where people must be left in peace."""
    for said in (name, role):
        for reason, words in _COVARIATES.items():
            if said and (word := _first_match(said, words)):
                what = f"The covariate {name!r}" + (f" (role {role!r})" if role and said == role else "")
                raise DataError(
                    f"{what} is refused as a covariate of risk because {reason} ({word!r}). Use it for planning "
                    "services or in the equity audit; for risk, use places, roads, land use or the calendar."
                )


def may_explain(name: str) -> bool:
    """Return whether `refuse_covariate` lets a covariate of this name pass.

    Examples
    --------
    >>> from patrolgeo.risk.refusals import may_explain
    >>> [may_explain(name) for name in ("bus stop", "clinic", "income")]
    [True, False, False]
    """
    return not any(_first_match(name, words) for words in _COVARIATES.values())


def refuse_target(name: str, cell_km2: float) -> None:
    """Raise when a category must not be forecast on cells of this size; warn when patrols make its records."""
    if word := _first_match(name, _NEVER_FORECAST):
        raise DataError(
            f"{name!r} is not forecast here ({word!r}): petitions, assemblies, religion and politics are not risks."
        )
    if (word := _first_match(name, _TOWNSHIP_ONLY)) and cell_km2 < TOWNSHIP_KM2:
        raise DataError(
            f"{name!r} ({word!r}) is not forecast below township level: cells of {cell_km2:.2f} km2 would point at "
            "homes. Count it on cells of resolution 6 or coarser."
        )
    if word := _first_match(name, _OFFICER_INITIATED):
        warnings.warn(
            f"{name!r} looks officer-initiated ({word!r}): its records show where patrols were, and a forecast of them "
            "sends patrols there again. Prefer incidents reported by the public.",
            PatrolgeoWarning,
            stacklevel=4,
        )


def _first_match(said: str, words: str) -> str | None:
    parts = set(_words(said))
    return next((w for w in words.split() if w in parts or (not w.isascii() and w in said)), None)


def _words(said: str) -> Iterable[str]:
    for word in re.findall(r"[^\W\d_]+", said.lower()):
        yield word
        yield word.removesuffix("s")
        yield word.removesuffix("es")
