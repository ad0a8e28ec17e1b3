"""Fields that refuse what cannot be true: times without an offset, years that never were, wall times with a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)  # a plant's records lie in [EARLIEST, LATEST)


class AwareDateTimeField(serializers.DateTimeField):
    """A moment with its offset, as UTC; `ahead` is how far it may lie in the future (None: up to 2100)."""

    default_error_messages = {
        "naive": _("Give the offset from UTC too, as in 2026-03-01T06:00:00+01:00."),
        "absurd": _("Must lie between 2000 and 2100."),
        "future": _("Must not lie in the future."),
    }

    def __init__(self, *, ahead: timedelta | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ahead = ahead

    def enforce_timezone(self, value: datetime) -> datetime:
        if timezone.is_naive(value):
            self.fail("naive")
        if not EARLIEST < value.date() < LATEST:
            self.fail("absurd")
        if self.ahead is not None and value > timezone.now() + self.ahead:
            self.fail("future")
        return value.astimezone(UTC)

    def to_representation(self, value: Any) -> Any:
        return value if isinstance(value, str) else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class PlausibleDateField(serializers.DateField):
    """A shift day between 2000 and 2100."""

    default_error_messages = {"absurd": _("Must lie between 2000 and 2100.")}

    def to_internal_value(self, value: Any) -> date:
        day = super().to_internal_value(value)
        if not EARLIEST <= day < LATEST:
            self.fail("absurd")
        return day


class WallTimeField(serializers.TimeField):
    """A time of day on the clock of the site: an offset is refused, where Django would drop it silently."""

    def to_internal_value(self, value: Any) -> time:
        try:
            parsed = time.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            parsed = None
        if not isinstance(parsed, time) or parsed.tzinfo is not None:
            self.fail("invalid", format="hh:mm[:ss]")
        return parsed


class AnyCaseChoiceField(serializers.ChoiceField):
    """A word of the contract, read in any case."""

    def to_internal_value(self, data: Any) -> Any:
        words = {str(word).upper(): word for word in self.choices}
        return super().to_internal_value(words.get(data.upper(), data) if isinstance(data, str) else data)


class IdField(serializers.PrimaryKeyRelatedField):
    """The id of another row: a whole number, where DRF would take 1.5 or true for 1."""

    default_error_messages = {"incorrect_type": _("A whole number is wanted.")}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool | float):
            self.fail("incorrect_type", data_type=type(data).__name__)
        return super().to_internal_value(data)
