"""Tasks that wait in `dispatch`: a linked list a level, kept in the rows of the tasks themselves."""

from __future__ import annotations

from typing import Any

from patrolgeo.compiled import lean


@lean
def append(i: int, level: int, w: Any) -> None:
    """Put task i at the end of the queue of its level."""
    w.tasks[i].before, w.tasks[i].after = w.queue[level, 1], -1
    if w.queue[level, 1] >= 0:
        w.tasks[w.queue[level, 1]].after = i
    else:
        w.queue[level, 0] = i
    w.queue[level, 1] = i
    w.tally[1] += 1


@lean
def prepend(i: int, level: int, w: Any) -> None:
    """Put it at the front: it was interrupted."""
    w.tasks[i].after, w.tasks[i].before = w.queue[level, 0], -1
    if w.queue[level, 0] >= 0:
        w.tasks[w.queue[level, 0]].before = i
    else:
        w.queue[level, 1] = i
    w.queue[level, 0] = i
    w.tally[1] += 1


@lean
def unlink(i: int, level: int, w: Any) -> None:
    """Take it out of the queue."""
    left, right = w.tasks[i].before, w.tasks[i].after
    if left >= 0:
        w.tasks[left].after = right
    else:
        w.queue[level, 0] = right
    if right >= 0:
        w.tasks[right].before = left
    else:
        w.queue[level, 1] = left
    w.tasks[i].before, w.tasks[i].after = -1, -1
    w.tally[1] -= 1
