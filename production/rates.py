"""Shares and averages as people read them: per cent and seconds, with two decimals. Pure."""

from __future__ import annotations


def per_cent(part: int, whole: int) -> float | None:
    """`part` of `whole`, in per cent; None of nothing."""
    return round(100 * part / whole, 2) if whole else None


def mean_seconds(microseconds: int, count: int) -> float | None:
    """The average of `count` durations; None of none."""
    return round(microseconds / 1_000_000 / count, 2) if count else None
