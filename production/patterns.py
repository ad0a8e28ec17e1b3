"""Numbers of lots and units: patterns with blanks, filled in and read back. Pure.

`WF-KR-{yymmdd}{shift}-{seq:3}`: {yymmdd} or {yyyymmdd} the shift day, {shift} D or N, {line} and {product} their codes,
{lot} the lot's number, {seq:n} the counter in at least n digits, which goes on after 999 with 1000.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LOT_DEFAULT = "WF-KR-{yymmdd}{shift}-{seq:3}"
SERIAL_DEFAULT = "SN-{yymmdd}-{seq:3}"

BLANK = re.compile(r"\{([a-z]+)(?::([1-9]))?\}")
PLAIN = re.compile(r"[A-Za-z0-9 ._-]*\Z")  # no slash: numbers stand in addresses
DATES = {"yymmdd": "%y%m%d", "yyyymmdd": "%Y%m%d", "yymm": "%y%m"}
LETTERS = {"DAY": "D", "NIGHT": "N"}
MAX_NUMBER = 50
MAX_SEQUENCE = 10**12
LOT_BLANKS = frozenset({*DATES, "shift", "line", "product", "seq"})
SERIAL_BLANKS = LOT_BLANKS | {"lot"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the blanks stand for."""

    day: date
    shift: str  # DAY or NIGHT
    line: str = ""
    product: str = ""
    lot: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a number given by a client tells."""

    sequence: int
    day: date | None = None
    shift: str | None = None


def scope_of(pattern: str, facts: Facts) -> str:
    """The pattern with everything filled in but the counter: what one counter counts for."""
    return BLANK.sub(lambda blank: blank[0] if blank[1] == "seq" else _filled(blank[1], facts), pattern)


def number_in_scope(scope: str, sequence: int) -> str:
    """The number with its counter."""
    return BLANK.sub(lambda blank: f"{sequence:0{int(blank[2] or 1)}d}", scope)


def _filled(name: str, facts: Facts) -> str:
    if name in DATES:
        return facts.day.strftime(DATES[name])
    return LETTERS[facts.shift] if name == "shift" else str(getattr(facts, name))


def read_number(pattern: str, number: str) -> Said | None:
    """What a number of this pattern tells, or None where it is none."""
    found = _expression(pattern).fullmatch(number)
    if found is None or len(number) > MAX_NUMBER:
        return None
    parts = found.groupdict()
    if not 0 < (sequence := int(parts["seq"])) < MAX_SEQUENCE:
        return None
    day = None
    for name in DATES.keys() & parts.keys():
        try:
            read = datetime.strptime(parts[name], DATES[name]).date()
        except ValueError:
            return None
        day = read if name != "yymm" else day
    shift = {"D": "DAY", "N": "NIGHT"}.get(parts.get("shift", ""))
    return Said(sequence, day, shift)


@lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    text, last = "", 0
    for blank in BLANK.finditer(pattern):
        text += re.escape(pattern[last : blank.start()]) + _group(blank[1], blank[2])
        last = blank.end()
    return re.compile(text + re.escape(pattern[last:]), re.ASCII)


def _group(name: str, digits: str | None) -> str:
    if name == "seq":
        return rf"(?P<seq>\d{{{digits or 1},}})"
    if name in DATES:
        return rf"(?P<{name}>\d{{{len(name)}}})"
    return "(?P<shift>[DN])" if name == "shift" else rf"(?P<{name}>.+?)"


def validate_lot_pattern(pattern: str) -> None:
    """Raises ValidationError unless every lot would get a number of its own."""
    _validate(pattern, LOT_BLANKS)
    if not ({"yymmdd", "yyyymmdd"} & _names(pattern) and "shift" in _names(pattern)):
        raise ValidationError(_("A lot number names its day and its shift: {yymmdd}{shift}."))


def validate_serial_pattern(pattern: str) -> None:
    """Raises ValidationError unless every unit would get a number of its own."""
    _validate(pattern, SERIAL_BLANKS)


def _names(pattern: str) -> set[str]:
    return {blank[1] for blank in BLANK.finditer(pattern)}


def _validate(pattern: str, known: frozenset[str]) -> None:
    names = [blank[1] for blank in BLANK.finditer(pattern)]
    if not PLAIN.match(BLANK.sub("", pattern)):
        raise ValidationError(_("Letters, digits, blanks and . _ - only, beside the blanks in braces."))
    unknown = sorted(set(names) - known)
    if unknown:
        raise ValidationError(_("Unknown blank: %(names)s.") % {"names": ", ".join(unknown)})
    if names.count("seq") != 1 or len(set(names)) < len(names):
        raise ValidationError(_("One counter {seq:3}, and every other blank once at most."))
