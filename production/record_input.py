"""A record of a step as clients and stations write it, checked before anything is looked up. Pure: `now` is given.

Raises Invalid (400) naming the field. Keys that a reader was given and writes back (`process`, `duration_seconds`, …)
are passed over.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import orjson
from django.utils.translation import gettext as _
from msgspec import UNSET, Meta, Struct, UnsetType, ValidationError, convert

from core.errors import Invalid
from core.nesting import MAX_DEPTH, is_too_deep
from production.choices import DataLevel, Result
from production.events import EARLIEST, MAX_AHEAD, refusal
from production.models import MAX_NOTES

MAX_BYTES = 64 * 1024  # of measurements, and of defects
MAX_KEYS = 200
MAX_LASTING = timedelta(days=366)
MAX_ORDER = 32_767
MAX_DEFECTS = 100
MAX_ID = 2**63 - 1

_LINE = r"^[^\x00-\x1f\x7f\ud800-\udfff]+\Z"
_PROSE = r"^[^\x00\ud800-\udfff]*\Z"
Id = Annotated[int, Meta(ge=1, le=MAX_ID)]
Name = Annotated[str, Meta(max_length=100, pattern=_LINE)]
Prose = Annotated[str, Meta(max_length=MAX_NOTES, pattern=_PROSE)]
Moment = Annotated[datetime, Meta(tz=True)]
Seconds = Annotated[float, Meta(ge=0, le=MAX_LASTING.total_seconds())]
Order = Annotated[int, Meta(ge=1, le=MAX_ORDER)]
_IDS = ("process_id", "serial_id", "lot_id", "equipment_id", "operator_id")
RANGES = {
    "cycle_time_seconds": (0, int(MAX_LASTING.total_seconds())),
    "process_order": (1, MAX_ORDER),
    **dict.fromkeys(_IDS, (1, MAX_ID)),
}
LEVELS, RESULTS = frozenset(DataLevel.values), frozenset(Result.values)


class Given(Struct, kw_only=True):
    """What a client says of a step. UNSET was left out; None says that there is none."""

    process_id: Id | None = None
    process_code: Name | None = None
    serial_id: Id | None = None
    serial_number: Name | None = None
    lot_id: Id | None = None
    lot_number: Name | None = None
    equipment_id: Id | None | UnsetType = UNSET
    equipment_code: Name | None | UnsetType = UNSET
    operator_id: Id | None = None
    data_level: str | None = None
    result: str | None = None
    measurements: dict[str, Any] | None = None
    defects: list[Any] | dict[str, Any] | None = None
    notes: Prose | None = None
    started_at: Moment | None = None
    completed_at: Moment | None = None
    cycle_time_seconds: Seconds | None = None
    process_order: Order | None = None
    override_reason: Prose | None = None
    reason: Prose | None = None


def invalid(field: str, sentence: Any) -> Invalid:
    """400 for this field."""
    return Invalid(f"{field}: {sentence}", errors={field: [str(sentence)]})


def read_record(item: Any) -> Given:
    """What a decoded JSON value says, each part well formed. Raises Invalid."""
    if not isinstance(item, dict):
        raise Invalid(_("A record is a JSON object."))
    try:
        given = convert(item, Given)
    except ValidationError as exc:
        refused = refusal(exc, item, RANGES)
        raise invalid(refused.field or "non_field_errors", refused.detail) from exc
    given.result = _word("result", given.result, RESULTS)
    given.data_level = _word("data_level", given.data_level, LEVELS)
    for field in ("measurements", "defects"):
        _check_json(field, getattr(given, field))
    for _code in defects_in(given.defects):  # each can be read
        pass
    return given


def _word(field: str, word: str | None, known: frozenset[str]) -> str | None:
    upper = word.upper() if word is not None else None
    if upper is not None and upper not in known:
        raise invalid(field, _("One of %(words)s.") % {"words": ", ".join(sorted(known))})
    return upper


def _check_json(field: str, value: Any) -> None:
    if not value:
        return
    if len(value) > MAX_KEYS:
        raise invalid(field, _("%(most)d values at most.") % {"most": MAX_KEYS})
    try:
        text = orjson.dumps(value)
        too_deep = is_too_deep(text, value)
    except orjson.JSONEncodeError:  # it gives up past 254 levels
        too_deep = True
    if too_deep:
        raise invalid(field, _("Nested more than %(most)d levels deep.") % {"most": MAX_DEPTH})
    if len(text) > MAX_BYTES:
        raise invalid(field, _("%(most)d bytes at most.") % {"most": MAX_BYTES})
    if rb"\u0000" in text and _holds_null(value):
        raise invalid(field, _("Null characters are not allowed."))
    if b"null" in text and not _finite(value):
        raise invalid(field, _("A number is too large."))


def _parts(value: Any) -> Iterator[Any]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        yield item
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item


def _holds_null(value: Any) -> bool:
    return any(isinstance(part, str) and "\x00" in part for part in _parts(value))


def _finite(value: Any) -> bool:
    return all(math.isfinite(part) for part in _parts(value) if isinstance(part, float))


class NamedDefect(Struct, kw_only=True):
    """A defect of a list. Whatever else stands there is kept as it is."""

    defect_code: Name
    defect_name: Annotated[str, Meta(max_length=200, pattern=_PROSE)] | None = None
    severity: Annotated[str, Meta(max_length=50, pattern=_PROSE)] | None = None


def defects_in(defects: list[Any] | dict[str, Any] | None) -> list[NamedDefect]:
    """The defects that are named, each once: a list of codes or objects, one object, or an object by code."""
    if not defects:
        return []
    if isinstance(defects, dict):
        items = [defects] if "defect_code" in defects else [_by_code(*pair) for pair in defects.items()]
    else:
        items = defects
    if len(items) > MAX_DEFECTS:
        raise invalid("defects", _("%(most)d values at most.") % {"most": MAX_DEFECTS})
    named = [_named(place, item) for place, item in enumerate(items) if item is not None]
    return list({defect.defect_code: defect for defect in named}.values())


def _by_code(code: str, said: Any) -> dict[str, Any] | None:
    """`{"SCRATCH": "deep", "DENT": false}`: a code with what is said of it; false, 0 and null say that there is none."""
    if not said:
        return None
    return {**(said if isinstance(said, dict) else {}), "defect_code": code}


def _named(place: int, item: Any) -> NamedDefect:
    try:
        return convert({"defect_code": item} if isinstance(item, str) else item, NamedDefect)
    except ValidationError as exc:
        why = _("A defect is a code, or an object with its defect_code, at most 100 characters.")
        raise invalid(f"defects.{place}", why) from exc


def times_of(given: Given, now: datetime) -> tuple[datetime, datetime | None]:
    """When it started and ended, in UTC, with what was left out filled in; no end where there is no result."""
    lasting = timedelta(seconds=given.cycle_time_seconds or 0)
    _check_plausible(given.started_at, given.completed_at, now)
    if given.result is None:
        if given.completed_at is not None:
            raise invalid("result", _("A completed step says how it ended."))
        started, completed = given.started_at or now, None
    else:
        completed = given.completed_at or end_of(given.started_at, lasting, now)
        started = given.started_at or completed - lasting
    check_times(started, completed, now)
    return started.astimezone(UTC), completed.astimezone(UTC) if completed else None


def end_of(started: datetime | None, lasting: timedelta, now: datetime) -> datetime:
    """When it ended, where nobody says: so long after its start, else now."""
    if started is None:
        return now
    return started + lasting if lasting else max(started, now)


def check_times(started: datetime, completed: datetime | None, now: datetime) -> None:
    """Raises Invalid for what cannot have been: the future, the far past, an end before its start, a year long."""
    _check_plausible(started, completed, now)
    if completed is not None and completed < started:
        raise invalid("completed_at", _("The end must not lie before the start."))
    if completed is not None and completed - started > MAX_LASTING:
        raise invalid("completed_at", _("No step lasts longer than 366 days."))


def _check_plausible(started: datetime | None, completed: datetime | None, now: datetime) -> None:
    for field, at in (("started_at", started), ("completed_at", completed)):
        if at is not None and at > now + MAX_AHEAD:
            raise invalid(field, _("This time is still to come. Is the clock or the offset right?"))
        if at is not None and at < EARLIEST:
            raise invalid(field, _("Nothing was recorded before the year 2000."))
