"""What stands on page one of every map, sheet and report."""

from collections.abc import Mapping, Sequence

from patrolgeo.pages.edition import Edition
from patrolgeo.pages.findings import Findings
from patrolgeo.words.messages import say


def caveats(found: Findings, edition: Edition) -> list[str]:
    """Return the sentences of page one, each from what is known.

    Parameters
    ----------
    found
        Of it count the rows read and kept, who started the records, and what was changed by hand.
    edition
        The language, the audience, and the last day of validity.

    Returns
    -------
    The sentences, the most important one first.

    Examples
    --------
    >>> caveats(Findings(), Edition("Longhe"))[0]
    'A high-risk cell is no ground for stopping, searching or suspecting anyone in it.'
    """
    words, incidents = edition.table, found.summary.get("incidents", {})
    lines = [words["no_ground"], words["recorded"], _origin(words, found.origins)]
    if read := incidents.get("read"):
        kept = incidents.get("kept") or 0
        lines.append(say(words, "placed", read=read, kept=kept, share=kept / read))
    if edition.valid_until:
        lines.append(say(words, "valid", date=edition.valid_until))
    lines.append(_changed(words, found.changes))
    if edition.audience == "internal":
        lines.append(words["not_merged"])
    return lines


def _changed(words: Mapping[str, str], changes: Sequence[str]) -> str:
    return say(words, "changed", changes="; ".join(changes)) if changes else words["unchanged"]


def _origin(words: Mapping[str, str], origins: Mapping[str, int] | None) -> str:
    total = sum((origins or {}).values())
    if not total:
        return words["origin_unknown"]
    officer = (origins or {}).get("officer", 0)
    return say(words, "origin_known", citizen=total - officer, officer=officer, share=officer / total)
