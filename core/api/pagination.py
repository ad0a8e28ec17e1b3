"""Pages of lists: limit/offset with a count, and a cursor for time series, which never counts."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination, LimitOffsetPagination
from rest_framework.request import Request

DEFAULT_LIMIT = 50
MAX_LIMIT = 1000
MAX_OFFSET = 2**31 - 1


def whole_number(request: Request, name: str, default: int, low: int, high: int) -> int:
    """The query parameter as an integer within [low, high], or 400 naming it."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and low <= int(text) <= high):
        raise ValidationError(
            {name: [_("A whole number from %(low)d to %(high)d.") % {"low": low, "high": high}]}
        )
    return int(text)


class LimitOffset(LimitOffsetPagination):
    """{count, next, previous, results}; `skip` is another name for `offset`."""

    default_limit = DEFAULT_LIMIT
    max_limit = MAX_LIMIT
    query_names = ("limit", "offset", "skip")

    def get_limit(self, request: Request) -> int:
        return whole_number(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT)

    def get_offset(self, request: Request) -> int:
        name = "skip" if "skip" in request.query_params and "offset" not in request.query_params else "offset"
        return whole_number(request, name, 0, 0, MAX_OFFSET)


class LargeTable(LimitOffset):
    """The same for a table of a million rows: what a page costs hardly depends on where it lies.

    The keys of the page are found first, from the nearer end of the table, then its rows; a view may know the `count`
    of its rows otherwise than by counting (`known_count(queryset)`, None where it does not).
    """

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request, self.limit, self.offset = request, self.get_limit(request), self.get_offset(request)
        known = view.known_count(queryset) if hasattr(view, "known_count") else None
        self.count = self.get_count(queryset) if known is None else known
        keys = queryset.select_related(None).values("pk")
        last = min(self.offset + self.limit, self.count)
        if self.offset > self.count - last:  # nearer to the end
            keys = keys.reverse()[self.count - last : max(0, self.count - self.offset)]
        else:
            keys = keys[self.offset : last]
        return list(queryset.filter(pk__in=keys)) if self.offset < last else []


class TimeCursor(CursorPagination):
    """{next, previous, results}; newest first by the view's `cursor_ordering`."""

    page_size = DEFAULT_LIMIT
    max_page_size = MAX_LIMIT
    query_names = ("limit", "cursor")

    def get_page_size(self, request: Request) -> int:
        return whole_number(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT)

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        return tuple(view.cursor_ordering)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        """A cursor made by hand is refused, whether it cannot be read or its position is no value of the column."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ValueError, DjangoValidationError) as exc:
            if self.cursor_query_param not in request.query_params:
                raise
            raise ValidationError({"cursor": [_("Not a cursor of this list.")]}) from exc
