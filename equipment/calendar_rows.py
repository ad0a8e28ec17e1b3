"""From calendar rows of the database to the pure arithmetic of equipment/calendar.py."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_time
from django.utils.translation import gettext as _


def parse_breaks(breaks: Any) -> tuple[tuple[time, time], ...]:
    """((start, end), …) of the stored list of {start_time, end_time}. Raises ValidationError naming what is wrong."""
    if not isinstance(breaks, list):
        raise ValidationError(_("Breaks are a list of {start_time, end_time}."))
    return tuple(_parse_break(item) for item in breaks)


def _parse_break(item: Any) -> tuple[time, time]:
    if not isinstance(item, dict) or set(item) != {"start_time", "end_time"}:
        raise ValidationError(_("Breaks are a list of {start_time, end_time}."))
    return _clock(item["start_time"]), _clock(item["end_time"])


def _clock(text: Any) -> time:
    try:
        parsed = parse_time(text) if isinstance(text, str) else None
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is not None:
        raise ValidationError(_("%(text)s is not a time of day such as 12:30.") % {"text": text})
    return parsed
