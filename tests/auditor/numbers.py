"""Printed numbers, and whether they are the right ones."""

import re

NUMBER = re.compile(r"[-−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")


def agrees(text, right):
    """Return whether a printed value is the right one, rounded as printed."""
    if callable(right):
        return right(text)
    if isinstance(right, str):
        return text == right
    if isinstance(right, list | tuple):
        numbers = NUMBER.findall(text)
        return len(numbers) == len(right) and all(one(n, r, text) for n, r in zip(numbers, right, strict=True))
    numbers = NUMBER.findall(text)
    return len(numbers) == 1 and one(numbers[0], right, text)


def one(printed, right, text):
    """Return whether one printed number is the right one within the last digit that is printed."""
    if right is None:
        return False
    right = float(right) * (100.0 if "%" in text else 1.0)
    plain = printed.replace(",", "").replace("−", "-")
    digits = len(plain.partition(".")[2]) if "e" not in plain else 12
    if "%" not in text and not digits and 1 <= abs(right) < 100 and abs(float(plain) - right) <= 0.005 * abs(right):
        return True  # three digits that count, of which zeros at the end are not written
    return abs(float(plain) - right) <= 0.5000001 * 10.0**-digits + 2e-6 * abs(right) / (1 if digits else 1e6)
