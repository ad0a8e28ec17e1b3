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
