"""Pages of lots and units, whose number the tallies know."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models.lookups import Exact, In

from core.api.pagination import LargeTable
from production.choices import TallySubject
from production.selectors.tallies import total_of


class Tallied:
    """For a viewset of rows that are tallied by their status: all of them, or all of some statuses, are not counted."""

    pagination_class = LargeTable
    tally: ClassVar[TallySubject]

    def known_count(self, queryset: Any) -> int | None:
        """How many rows, where nothing but a status narrows them; else None."""
        narrowed = queryset.query.where.children
        if not narrowed:
            return total_of(self.tally)
        words = _statuses(narrowed[0]) if len(narrowed) == 1 else None
        return None if words is None else total_of(self.tally, words)


def _statuses(condition: Any) -> list[str] | None:
    if not isinstance(condition, Exact | In) or condition.lhs.target.name != "status":
        return None
    return list(condition.rhs) if isinstance(condition, In) else [condition.rhs]
