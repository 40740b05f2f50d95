"""What stands on page one of every map, sheet and report."""

from collections.abc import Iterable, Mapping

from patrolgeo.words.messages import say


def caveats(
    words: Mapping[str, str],
    *,
    read: int | None = None,
    kept: int | None = None,
    origins: Mapping[str, int] | None = None,
    valid_until: str | None = None,
    changes: Iterable[str] = (),
    internal: bool = False,
) -> list[str]:
    """Return the sentences that stand on page one of every map, sheet and report.

    Parameters
    ----------
    words
        Message table of `load_words`.
    read, kept
        Rows of incidents read, and those with a usable time and place.
    origins
        Rows by who started the record; "officer" counts as found by officers, every other key as called in.
    valid_until
        Last day of validity, as it shall be printed.
    changes
        What was changed by hand, one sentence each.
    internal
        Says that small cells are not merged and small counts not suppressed, as a public version would have them.
    """
    lines = [words["no_ground"], words["recorded"], _origin(words, origins)]
    if read:
        lines.append(say(words, "placed", read=read, kept=kept or 0, share=(kept or 0) / read))
    if valid_until:
        lines.append(say(words, "valid", date=valid_until))
    changes = list(changes)
    lines.append(say(words, "changed", changes="; ".join(changes)) if changes else words["unchanged"])
    if internal:
        lines.append(words["not_merged"])
    return lines


def _origin(words: Mapping[str, str], origins: Mapping[str, int] | None) -> str:
    total = sum((origins or {}).values())
    if not total:
        return words["origin_unknown"]
    officer = (origins or {}).get("officer", 0)
    return say(words, "origin_known", citizen=total - officer, officer=officer, share=officer / total)
