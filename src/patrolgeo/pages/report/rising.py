"""What is rising at the end of the records."""

from __future__ import annotations

import pandas as pd

from patrolgeo.pages.blocks import Block, Text
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import Words
from patrolgeo.pages.rising import rising_blocks
from patrolgeo.words.messages import say


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return the warnings of the last weeks and how many of them chance would bring."""
    told = found.summary.get("rising")
    if not told or told["last_week"] is None:
        return []
    weeks = say(words, "rising_weeks", first=told["first_week"], last=told["last_week"])
    alerts = pd.DataFrame(told["warnings"])
    made = rising_blocks(alerts, told["by_chance_a_week"], words)
    if told["past"]["weeks"]:
        made.append(Text(say(words, "rising_past", **told["past"])))
    return [Text(weeks), *made, Text(words["rising_grades"], "note"), Text(words["rising_kinds"], "note")]
