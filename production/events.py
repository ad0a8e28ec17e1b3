"""Events as machines send them, checked row by row. Pure: no database; `now` is given.

Each row is well formed or Refused with a code, the field, and a sentence. Strict: true is no number, "5" is no
number, a time has its offset from UTC, a text has no control characters and no half characters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from django.utils.translation import gettext as _
from msgspec import Meta, Struct, ValidationError, convert

from equipment.choices import State
from production.choices import CounterKind

MAX_PIECES = 1_000_000  # in one event
MAX_VALUE = 10**12  # of a counter
MAX_ID = 2**63 - 1
MAX_AHEAD = timedelta(minutes=5)  # that a machine's clock may be fast
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)

_TEXT = r"^[^\x00-\x20\x7f\ud800-\udfff][^\x00-\x1f\x7f\ud800-\udfff]*\Z"
Code = Annotated[str, Meta(min_length=1, max_length=100, pattern=_TEXT)]
Note = Annotated[str, Meta(min_length=1, max_length=255, pattern=_TEXT)]
Instant = Annotated[datetime, Meta(tz=True)]
Pieces = Annotated[int, Meta(ge=0, le=MAX_PIECES)]
Reading = Annotated[int, Meta(ge=0, le=MAX_VALUE)]
Id = Annotated[int, Meta(ge=1, le=MAX_ID)]
Size = Annotated[int, Meta(ge=1, le=MAX_VALUE)]


class Refused(Exception):
    """One event cannot be taken. `code` is stable for programs, `field` names the culprit."""

    def __init__(self, code: str, field: str | None, detail: str) -> None:
        super().__init__(detail)
        self.code, self.field, self.detail = code, field, detail


class Event(Struct, kw_only=True):
    event_id: Code
    equipment_code: Code


class StateSeen(Event, kw_only=True):
    """From `started_at` on this state; with an end, for that long and no longer."""

    state: str
    started_at: Instant
    ended_at: Instant | None = None
    reason_code: Code | None = None
    note: Note | None = None


class Counted(Event, kw_only=True):
    """Pieces made up to `at`, since the count before."""

    at: Instant
    product_code: Code | None = None
    good: Pieces | None = None
    scrap: Pieces | None = None
    rework: Pieces | None = None
    job_id: Id | None = None


class CounterRead(Event, kw_only=True):
    """What a cumulative counter shows at `at`."""

    at: Instant
    counter: str
    value: Reading
    rollover_at: Size | None = None
    product_code: Code | None = None


KINDS: dict[str, type[StateSeen | Counted | CounterRead]] = {
    "state": StateSeen,
    "count": Counted,
    "counter": CounterRead,
}


STATES, COUNTERS = (
    tuple(State.values),
    tuple(CounterKind.values),
)  # the enumerations make a new list each time


def parse(item: Any, *, now: datetime) -> StateSeen | Counted | CounterRead:
    """The event that a decoded JSON value stands for. Raises Refused."""
    if not isinstance(item, dict):
        raise Refused("invalid", None, _("An event is a JSON object."))
    try:
        event = convert(item, _struct(item.get("kind")))
    except ValidationError as exc:
        raise refusal(exc, item, RANGES) from exc
    if isinstance(event, StateSeen):
        return _state(event, now)
    return _counted(event, now) if isinstance(event, Counted) else _counter(event, now)


def _struct(kind: Any) -> type[StateSeen | Counted | CounterRead]:
    if kind is None:
        raise Refused("missing", "kind", _("This field is required."))
    found = KINDS.get(kind.lower()) if isinstance(kind, str) else None
    if found is None:
        raise Refused("unknown_kind", "kind", _one_of(KINDS))
    return found


def _state(event: StateSeen, now: datetime) -> StateSeen:
    event.state = _word("state", event.state.upper(), STATES)
    _check_time("started_at", event.started_at, now)
    if event.ended_at is not None:
        _check_time("ended_at", event.ended_at, now)
        if event.ended_at <= event.started_at:
            raise Refused("ended_before_started", "ended_at", _("The end must lie after the start."))
    return event


def _counted(event: Counted, now: datetime) -> Counted:
    _check_time("at", event.at, now)
    if event.good is event.scrap is event.rework is None:
        raise Refused("missing", "good", _("A count has at least one of good, scrap and rework."))
    return event


def _counter(event: CounterRead, now: datetime) -> CounterRead:
    event.counter = _word("counter", event.counter.lower(), COUNTERS)
    _check_time("at", event.at, now)
    if event.rollover_at is not None and event.value >= event.rollover_at:
        raise Refused("out_of_range", "value", _("A counter rolls over before it shows this."))
    return event


def _word(field: str, word: str, known: Any) -> str:
    if word not in known:
        raise Refused(f"unknown_{field}", field, _one_of(known))
    return word


def _one_of(words: Any) -> str:
    return _("One of %(words)s.") % {"words": ", ".join(words)}


def _check_time(field: str, at: datetime, now: datetime) -> None:
    if at > now + MAX_AHEAD:
        raise Refused("future", field, _("This time is still to come. Is the clock or the offset right?"))
    if at < EARLIEST:
        raise Refused("too_old", field, _("No machine spoke before the year 2000."))


Ranges = Mapping[str, tuple[int, int]]
RANGES: Ranges = {"value": (0, MAX_VALUE), "rollover_at": (1, MAX_VALUE), "job_id": (1, MAX_ID)}
_PLACE = re.compile(r" - at `\$\.?(?P<field>\w*).*`\Z")
_MISSING = re.compile(r"missing required field `(?P<field>\w+)`")
_LIMIT = re.compile(r"`int` [<>]= ")
_TOO_BIG = 2.0**53  # from here on a JSON number may arrive as a float


def refusal(exc: ValidationError, item: dict[str, Any], ranges: Ranges) -> Refused:
    """What msgspec found wrong, in our codes and words; `ranges` are the limits of whole numbers by field."""
    text = str(exc)
    if missing := _MISSING.search(text):
        return Refused("missing", missing["field"], _("This field is required."))
    place = _PLACE.search(text)
    field = place["field"] if place else None
    value = item.get(field) if field else None
    if "timezone" in text:
        return Refused("naive_time", field, _("A time needs its offset from UTC, such as +09:00 or Z."))
    if "RFC3339" in text:
        return Refused("invalid", field, _("A time is written as 2026-01-31T08:00:00+09:00."))
    if _LIMIT.search(text) or _is_huge(value):
        return Refused("out_of_range", field, _range(field, ranges))
    if "regex" in text:
        return Refused("invalid", field, _("A text without control characters, not starting with a blank."))
    return Refused("invalid", field, _PLACE.sub("", text).replace("`", "").rstrip(".") + ".")


def _is_huge(value: Any) -> bool:
    return isinstance(value, float) and abs(value) >= _TOO_BIG


def _range(field: str | None, ranges: Ranges) -> str:
    low, high = ranges.get(field or "", (0, MAX_PIECES))
    return _("A whole number from %(low)d to %(high)d.") % {"low": low, "high": high}
