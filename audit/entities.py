"""What the trail calls things: a model by its plural snake-case name, a value by its JSON form."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import cache
from typing import Any

from django.db import models
from django.utils.duration import duration_iso_string

WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
PLURALS = {"data": "data"}  # words that the rule would get wrong


@cache
def entity_type(model: type[models.Model]) -> str:
    """lots, process_data, loss_policies: the model's class name in plural snake case. Proxies bear their model's name."""
    *front, last = WORD_START.sub("_", model._meta.concrete_model.__name__).lower().split("_")  # type: ignore[union-attr]
    return "_".join([*front, PLURALS.get(last) or plural(last)])


def plural(noun: str) -> str:
    """The English plural: policy → policies, process → processes, lot → lots."""
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if re.search(r"(s|x|z|ch|sh)$", noun) else "s")


def json_safe(value: Any) -> Any:
    """The value as JSON holds it: decimals as text, times as ISO 8601 in UTC, rows as their key, the rest as its text."""
    if value is None or isinstance(value, bool) or type(value) in (int, str):
        return value
    if isinstance(value, Mapping):
        return {str(key): json_safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((json_safe(item) for item in value), key=str)
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, Enum):
        return json_safe(value.value)
    if isinstance(value, models.Model):
        return json_safe(value.pk)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_iso_string(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return int(value) if isinstance(value, int) else str(value)
