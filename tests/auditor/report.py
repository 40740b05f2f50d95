"""Every sentence with a number is recognised by the words, and its numbers are held against the files."""

import re
from dataclasses import dataclass, field
from functools import cache

from auditor import held
from auditor.folder import Text
from auditor.numbers import agrees
from auditor.sentences import CHECKS, LISTS
from auditor.tables import check_table, check_tiles

COUNTS = ("periods",)  # counts that a message writes plainly, with a word right behind them
VALUE = re.compile(r"\{(\w+)(?::([^{}]*))?\}")


@dataclass
class Finding:
    """What an audit found: how many statements were held against files, what is wrong, what nobody knows."""

    statements: int = 0
    keys: set = field(default_factory=set)
    wrong: list = field(default_factory=list)
    unknown: list = field(default_factory=list)


def audit(folder, page=None):
    """Hold every number of a report against the files beside it."""
    text, found = Text(folder.page if page is None else page), Finding()
    state = {}
    tiles = []
    for tag, piece in text.pieces:
        if tag in ("b", "span"):
            tiles.append(piece)
        elif tag in ("p", "li"):
            _sentence(folder, piece, state, found)
    check_tiles(folder, tiles, found)
    for heading, heads, rows in text.tables:
        check_table(folder, heading, heads, [row for row in rows if row], found)
    if page is None and folder.cells is not None:  # a brief has no plan of its own
        held.hold(folder, found)
    return found


def template(text):
    """Return the pattern of a message: what stands in braces is read back."""
    at, parts = 0, []
    for value in VALUE.finditer(text):
        kind = r"-?[\d,.]+(?:e[-+]\d+)?%?" if value[2] or value[1] in COUNTS else ".*?"
        parts += [re.escape(text[at : value.start()]), f"(?P<{value[1]}>{kind})"]
        at = value.end()
    return re.compile("".join([*parts, re.escape(text[at:])]), re.DOTALL)


def readings(folder, piece):
    """Return the messages that a sentence can be, the most literal one first: key and the values read back."""
    named = ((key, pattern.fullmatch(piece)) for key, pattern in _templates(tuple(folder.words.items())))
    return [(key, match.groupdict()) for key, match in named if match]


@cache
def _templates(words):
    """Return key and pattern of every message that has words of its own, the most literal one first."""
    literal = {key: len(VALUE.sub("", text)) for key, text in words}
    return [
        (key, template(text))
        for key, text in sorted(words, key=lambda w: -literal[w[0]])
        if literal[key] > 1 or key in CHECKS
    ]


def _sentence(folder, piece, state, found):
    if not re.search(r"\d", piece):
        return
    known = readings(folder, piece)
    if known and not VALUE.search(folder.words[known[0][0]]):
        return  # a fixed sentence of the words: no number of this run
    tried = [(key, _problems(folder, key, said, state)) for key, said in known if key in CHECKS]
    for key, problems in tried[:1] if all(p for _, p in tried) else [next(t for t in tried if not t[1])]:
        found.statements += 1
        found.keys.add(key)
        found.wrong += [(key, piece, problem) for problem in problems]
    if not tried and not _named(folder, piece):
        found.unknown.append(piece)


def _named(folder, piece):
    """Whether the piece is only names of the data: villages not reached, remarks on the files, the title."""
    names = folder.told("checkpoints", "border_villages_missing") or []
    parts = [part for part in re.split(f"{re.escape(folder.words['list_comma'])}| …", piece) if part]
    return piece in (folder.told("title"), *(folder.told("areas", "notes") or [])) or all(p in names for p in parts)


def _problems(folder, key, said, state):
    """Return what does not fit of a message, and of those that it holds."""
    problems, said = [], dict(said)
    if key in LISTS:
        name, comma = LISTS[key]
        inner = said.pop(name) or ""
        for part in inner.split(folder.words[comma]) if comma else [inner]:
            fits = (k in CHECKS and not _problems(folder, k, s, state) for k, s in readings(folder, part))
            if part and not any(fits):
                problems.append(f"{name}: {part!r}")
    return problems + _fits(folder, key, said, state)


def _fits(folder, key, said, state):
    """Return what does not fit of the values of a message."""
    try:
        right = CHECKS[key](folder, said, state)
    except (AssertionError, KeyError, TypeError) as problem:
        return [f"the files contradict each other: {problem}"]
    if right is None:
        return ["the files do not hold what is said"]
    problems = []
    for name, text in said.items():
        if re.search(r"\d", text) and name not in right:
            problems.append(f"{name}: nobody knows {text!r}")
        elif name in right and not agrees(text, right[name]):
            problems.append(f"{name}: says {text!r}, the files {right[name]!r}")
    return problems
