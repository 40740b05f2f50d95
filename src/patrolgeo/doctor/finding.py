"""One thing that was looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from patrolgeo.words.messages import say

Level = Literal["good", "note", "fault"]


@dataclass(frozen=True)
class Finding:
    """What was found, and how serious it is: a fault keeps patrolgeo from working, a note is good to know.

    Its sentence is the message ``doctor_<what>``; what is no good has a second one, how to mend it:
    ``doctor_<what>_mend``.
    """

    what: str
    level: Level = "good"
    values: Mapping[str, Any] = field(default_factory=dict)

    def told(self, words: Mapping[str, str]) -> str:
        """Return the line that people read."""
        found = say(words, f"doctor_{self.what}", **self.values)
        mend = "" if self.level == "good" else say(words, f"doctor_{self.what}_mend", **self.values)
        return f"{words[f'doctor_{self.level}']}  {found}{' ' if mend and not found.endswith('。') else ''}{mend}"
