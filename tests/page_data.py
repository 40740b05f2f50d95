"""A page of a plan as tests read it: written, its data, and what was packed unpacked again."""

import base64
import json
import re

import numpy as np

from patrolgeo import write_plan_page


def written(path, **parts):
    return write_plan_page(path / "plan.html", **{"title": "Longhe", **parts}).read_text("utf-8")


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.S)[1])


def numbers(text, kind):
    return np.frombuffer(base64.b64decode(text), kind)


def walk(packed):
    """Points that were packed as steps; a step of -32,768 says that the point itself stands in `far`."""
    steps, far = numbers(packed["steps"], "<i2").reshape(-1, 2), iter(numbers(packed["far"], "<i4").reshape(-1, 2))
    at, points = np.zeros(2, int), []
    for step in steps:
        at = next(far).astype(int) if step[0] == -(2**15) else at + step
        points.append(at)
    return np.array(points)


def kinds(layer, count):
    halves = numbers(layer["classes"], "u1")
    whole = np.column_stack([halves & 15, halves >> 4]).ravel()[:count].astype(int)
    return np.where(whole > 13, whole + 240, whole)


def values(packed, count):
    levels, width = numbers(packed["levels"], "<f4"), packed["bytes"]
    return levels[numbers(packed["code"], f"<u{width}")] if width in (1, 2) else np.resize(levels, count)


def layer_of(page, key):
    return next(layer for layer in data_of(page)["layers"] if layer["key"] == key)
