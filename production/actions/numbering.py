"""Numbers of lots and units: the next one of a pattern, without gap or twin, or the client's own, checked.

A counter is a row of NumberSequence. Its lock lasts until the commit, so numbers are consecutive in the order of
commits, and a rollback gives its number back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db import connection
from django.utils.translation import gettext as _

from core.api.fields import EARLIEST, LATEST
from core.errors import Invalid
from equipment.models import Site
from production.errors import NumberTaken
from production.models import NumberPattern
from production.patterns import (
    LOT_DEFAULT,
    MAX_NUMBER,
    SERIAL_DEFAULT,
    Facts,
    Said,
    number_in_scope,
    read_number,
    scope_of,
)

_COUNT_UP = """
    INSERT INTO production_numbersequence (scope, last) VALUES (%s, 1)
    ON CONFLICT (scope) DO UPDATE SET last = production_numbersequence.last + 1 RETURNING last
"""
_LIFT = """
    INSERT INTO production_numbersequence (scope, last) VALUES (%s, %s)
    ON CONFLICT (scope) DO UPDATE SET last = GREATEST(production_numbersequence.last, excluded.last)
    RETURNING last
"""


def patterns_of(site: Site | None) -> tuple[str, str]:
    """How this site numbers its lots, and its units."""
    own: NumberPattern | None = getattr(site, "number_pattern", None)
    return (own.lot_pattern, own.serial_pattern) if own else (LOT_DEFAULT, SERIAL_DEFAULT)


def read(pattern: str, number: str, *, field: str) -> Said:
    """What a client's own number tells of itself. Raises Invalid where the pattern does not give such numbers."""
    said = read_number(pattern, number)
    if said is None or (said.day and not EARLIEST <= said.day < LATEST):
        raise _not_of_pattern(pattern, field)
    return said


def keep(pattern: str, number: str, facts: Facts, *, field: str) -> None:
    """Take a client's own number: later automatic ones go on after it.

    Raises Invalid where it tells another day, shift, line, product or lot than it is given to.
    """
    said = read(pattern, number, field=field)
    scope = scope_of(pattern, facts)
    if number_in_scope(scope, said.sequence) != number:
        raise _not_of_pattern(pattern, field)
    _ask(_LIFT, [scope, said.sequence])


def numbers(pattern: str, facts: Facts) -> Iterator[str]:
    """The next numbers, each counted as it is taken. Raises Invalid where codes make them longer than a number is."""
    scope = scope_of(pattern, facts)
    while True:
        number = number_in_scope(scope, _ask(_COUNT_UP, [scope]))
        if len(number) > MAX_NUMBER:
            raise Invalid(_("The pattern %(pattern)s gives too long a number here.") % {"pattern": pattern})
        yield number


def first_free(candidates: Iterator[str], take: Callable[[str], None]) -> None:
    """Take the first number that nobody has: an older pattern may have given out some of them."""
    for number in candidates:
        try:
            take(number)
        except NumberTaken:
            continue
        return


def _ask(statement: str, values: list[str | int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[int] = cursor.fetchone()
        return row[0]


def _not_of_pattern(pattern: str, field: str) -> Invalid:
    text = _("Not a number of the pattern %(pattern)s, or not of this day, shift and place.")
    return Invalid(errors={field: [text % {"pattern": pattern}]})
