"""From the text of a cell to its value, or a CellFault that says what is wrong with it. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from equipment.calendar import instant

# As the plant's own codes are (equipment.models.code_rule).
CODE = re.compile(r"^[\w.:-]+( [\w.:-]+)*\Z")
NUMBER = re.compile(r"^-?[0-9]{1,9}(\.[0-9]{1,6})?\Z")
MOMENT = re.compile(
    r"^(?:(?P<date>.+?)[T ]\s*)?(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?(?:\.0+)?"
    r"\s*(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2})?\Z"
)
YES = frozenset({"yes", "y", "true", "1", "예"})
NO = frozenset({"no", "n", "false", "0", "", "아니오"})

MAX_CODE = 50
MAX_FACTOR_CODE = 30
MAX_NAME = 150
MAX_MINUTES = 7 * 24 * 60
EARLIEST_YEAR, LATEST_YEAR = 1990, 2200
# Spreadsheets write a time without a date as one of the first days of their calendar.
NO_DATE_BEFORE = 1905


class CellFault(ValueError):
    """Why a cell cannot be read; `code` is stable for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Moment(NamedTuple):
    """A time of day with the date that was written with it, if one was. `offset` None: the site's wall clock."""

    day: date | None
    clock: time
    offset: timezone | None

    @property
    def has_no_true_date(self) -> bool:
        """Whether its date only stands for none, as 1900-01-01 does."""
        return self.day is not None and self.day.year < NO_DATE_BEFORE

    def at(self, day: date, zone: ZoneInfo) -> datetime:
        """The instant, in UTC, of this time on that day."""
        wall = datetime.combine(day, self.clock)
        return (
            instant(wall, zone) if self.offset is None else wall.replace(tzinfo=self.offset).astimezone(UTC)
        )


def number_name(text: str) -> str:
    """The name of a batch: any printable text; "422111.0", as a spreadsheet writes a number, is 422111."""
    name = re.sub(r"^([0-9]+)\.0+\Z", r"\1", plain(text, MAX_CODE))
    if not name:
        raise CellFault("missing", "It is empty.")
    return name


def code(text: str) -> str:
    """A code as the plant's own."""
    found = number_name(text)
    if not CODE.match(found):
        raise CellFault("bad_code", "A code has letters, digits and . : - _ only.")
    return found


def factor_code(text: str) -> str:
    """The code of a factor, out of its name where it has no other: "Jam / filler" is Jam-filler."""
    found = re.sub(r"[^\w.:-]+", "-", number_name(text)).strip("-")
    if not found:
        raise CellFault("bad_code", "A code has letters, digits and . : - _ only.")
    if len(found) > MAX_FACTOR_CODE:
        raise CellFault("too_long", f"It is longer than {MAX_FACTOR_CODE} characters.")
    return found


def plain(text: str, limit: int = MAX_NAME) -> str:
    """A name, with single blanks."""
    found = " ".join(text.split())
    if len(found) > limit:
        raise CellFault("too_long", f"It is longer than {limit} characters.")
    if not found.isprintable():
        raise CellFault("unprintable", "It holds characters that cannot be printed.")
    return found


def amount(text: str, decimal: str) -> Decimal:
    """A number of at least 0 and at most 604,800 (a week in seconds) with up to six decimals."""
    written = text.replace(",", ".") if decimal == "," else text
    if not NUMBER.match(written):
        raise CellFault("not_a_number", "It is not a number.")
    value = Decimal(written)
    if value < 0:
        raise CellFault("negative", "It is negative.")
    if value > MAX_MINUTES * 60:
        raise CellFault("absurd", "It is absurdly large.")
    return value


def minutes(text: str, decimal: str) -> timedelta:
    """A duration in minutes, at most a week."""
    value = amount(text, decimal)
    if value > MAX_MINUTES:
        raise CellFault("absurd", "It is more than a week.")
    return timedelta(microseconds=int(value * 60_000_000))


def day(text: str, date_format: str) -> date:
    """A date, ISO or in the given format, of a year that machines can have seen."""
    return _plausible(_date(text, date_format))


def moment(text: str, date_format: str) -> Moment:
    """HH:MM or HH:MM:SS, with a date before it or without, with an offset from UTC or without."""
    if not text:
        raise CellFault("missing", "It is empty.")
    match = MOMENT.match(text)
    if match is None:
        raise CellFault("not_a_time", "It is not a time such as 14:05 or 2024-08-29 14:05:00.")
    try:
        clock = time(int(match["hour"]), int(match["minute"]), int(match["second"] or 0))
    except ValueError as exc:
        raise CellFault("not_a_time", "There is no such time of day.") from exc
    found = Moment(
        _date(match["date"], date_format) if match["date"] else None, clock, _offset(match["offset"])
    )
    if found.day and not found.has_no_true_date:
        _plausible(found.day)
    return found


def yes_or_no(text: str) -> bool:
    """Yes or no in English, Korean or digits; empty is no."""
    word = text.casefold()
    if word not in YES | NO:
        raise CellFault("not_yes_or_no", "It is neither yes nor no.")
    return word in YES


def _date(text: str, date_format: str) -> date:
    if not text:
        raise CellFault("missing", "It is empty.")
    try:
        return datetime.strptime(text, date_format).date() if date_format else date.fromisoformat(text)
    except (ValueError, re.error) as exc:
        form = date_format or "YYYY-MM-DD"
        raise CellFault("not_a_date", f"It is not a date written as {form}.") from exc


def _plausible(found: date) -> date:
    if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        raise CellFault("absurd", f"Its year does not lie between {EARLIEST_YEAR} and {LATEST_YEAR}.")
    return found


def _offset(text: str | None) -> timezone | None:
    if not text or text == "Z":
        return UTC if text else None
    sign = -1 if text[0] == "-" else 1
    shift = sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    if abs(shift) >= timedelta(hours=24):
        raise CellFault("not_a_time", "There is no such offset from UTC.")
    return timezone(shift)
