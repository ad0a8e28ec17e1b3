"""The arithmetic of the chain: each link is sha256(digest of the link before, canonical bytes of the entry).

Pure: the same entry gives the same bytes whatever the order of its JSON keys, the time zone it is told in, and
whether it came out of the database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

GENESIS = bytes(32)  # the digest before the first link

COLUMNS = (
    "id",
    "created_at",
    "action",
    "entity_type",
    "entity_id",
    "entity_repr",
    "old_values",
    "new_values",
    "user_id",
    "user_name",
    "source",
    "ip_address",
    "user_agent",
    "request_id",
    "reason",
    "app_version",
)


def next_digest(previous: bytes, entry: Mapping[str, Any]) -> bytes:
    """The digest of the link that holds this entry, after the link with the digest `previous`."""
    return hashlib.sha256(previous + canonical(entry)).digest()


def canonical(entry: Mapping[str, Any]) -> bytes:
    """Every column of the entry as JSON bytes, written in the only one way."""
    columns = {name: _plain(entry[name]) for name in COLUMNS}
    text = json.dumps(columns, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def _number(value: float) -> int | float:
    """A whole number is an integer: the database gives 1e20 back as 100000000000000000000."""
    return int(Decimal(repr(value))) if value.is_integer() else value
