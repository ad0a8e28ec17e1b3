"""Exact division: the one place where a sum becomes a percentage."""

from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

Number: TypeAlias = int | float | Decimal | Fraction

MICROSECONDS = 1_000_000


def ratio(part: Number | None, whole: Number | None) -> float | None:
    """`part / whole`, rounded once; None when one is undefined or `whole` not positive (OEE contract R5)."""
    if part is None or whole is None or whole <= 0:
        return None
    return float(Fraction(part) / Fraction(whole))


def plus(one: Number, other: Number) -> Fraction:
    """`one + other`, exactly, whatever their types."""
    return Fraction(one) + Fraction(other)


def product(*factors: Number | None) -> float | None:
    """The factors multiplied; None when one of them is undefined."""
    total = Fraction(1)
    for factor in factors:
        if factor is None:
            return None
        total *= Fraction(factor)
    return float(total)


def seconds(microseconds: int) -> Decimal:
    """Whole microseconds as exact decimal seconds."""
    return Decimal(microseconds).scaleb(-6)
