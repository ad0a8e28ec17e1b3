"""How deep JSON may be nested: what is stored must be writable again inside every answer that shows it. Pure."""

from __future__ import annotations

from typing import Any

MAX_DEPTH = 100  # levels; the writer of JSON gives up at 254, the answer around it included


def is_too_deep(text: bytes, value: Any) -> bool:
    """Whether the value is nested deeper than MAX_DEPTH; `text` is its JSON, whose brackets mostly tell."""
    if text.count(b"{") + text.count(b"[") <= MAX_DEPTH:
        return False
    level = [value]
    for _depth in range(MAX_DEPTH):
        level = [part for outer in level for part in _parts(outer) if isinstance(part, dict | list)]
        if not level:
            return False
    return True


def _parts(outer: Any) -> Any:
    return outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ()


def within_range(value: Any) -> Any:
    """The value with whole numbers past 64 bits as floats.

    PostgreSQL keeps the 1e30 of a client digit by digit and gives it back as a whole number, which the writer refuses.
    """
    if isinstance(value, dict):
        return {key: within_range(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [within_range(part) for part in value]
    is_large = type(value) is int and not -(2**63) <= value < 2**64
    return float(value) if is_large else value
