"""Ten questions of a commander, and where a report answers each: docs/plan-run.md lists the same."""

from auditor.folder import Text
from auditor.report import readings

# question: the heading it stands under, and the messages or heads of columns one of which answers it
QUESTIONS = {
    "What is worst, and where?": ("in_short", ("worst_ratio", "worst_empty", "worst_cells", "worst_none")),
    "When does it happen?": ("was_found", ("spot_peaks",)),
    "What changes for my area?": ("area_table", ("col_minutes_today", "col_mean_minutes", "col_name")),
    "Who gets slower?": ("in_short", ("worse_text", "worse_nothing", "worse_unknown")),
    "How many officers does it take?": ("what_strength", ("officers_employed", "strength_unknown")),
    "Can we staff it?": ("what_strength", ("staffed", "strength_unknown")),
    "Where do the posts stand?": ("post_table", ("coordinates",)),
    "What does nobody reach, at night too?": ("what_strength", ("blind_spot", "duty_unknown")),
    "How sure is the forecast, and for which week?": ("how_good", ("period_text",)),
    "Until when does it hold, and what was left out, and why?": ("was_read", ("reasons",)),
}  # fmt: skip
BESIDE = {  # the second half of a question
    "How sure is the forecast, and for which week?": ("in_short", ("unsure_text",)),
    "Until when does it hold, and what was left out, and why?": ("read_first", ("valid",)),
}


def unanswered(folder):
    """Return the questions whose answer does not stand under its heading."""
    sections = Text(folder.page).sections
    asked = [*QUESTIONS.items(), *BESIDE.items()]
    return [question for question, (heading, keys) in asked if not _stands(folder, sections, heading, keys)]


def _stands(folder, sections, heading, keys):
    for text in sections.get(folder.words[heading], []):
        if any(text == folder.words[key] for key in keys) or any(k in keys for k, _ in readings(folder, text)):
            return True
    return False
