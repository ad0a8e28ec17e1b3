"""Filters that refuse what they do not know: a misspelt filter must not answer everything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django_filters import BooleanFilter
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request

YES_OR_NO = frozenset({"true", "false"})
ALWAYS_KNOWN = frozenset({"format", "ordering"})


def refuse_unknown(request: Request, known: set[str] | frozenset[str]) -> None:
    """400 naming every query parameter that is not known here."""
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        raise ValidationError({name: [_("Unknown filter.")] for name in unknown})


def require(request: Request, *names: str) -> None:
    """400 naming every one of these query parameters that was left out."""
    missing = [name for name in names if not request.query_params.get(name)]
    if missing:
        raise ValidationError({name: [_("This field is required.")] for name in missing})


def refuse_neither_yes_nor_no(request: Request, filterset: Any) -> None:
    """400 for a yes-or-no filter with another word, which django-filter would take for no filter at all."""
    wrong = [
        name
        for name, one in filterset.filters.items()
        if isinstance(one, BooleanFilter) and request.query_params.get(name, "true").lower() not in YES_OR_NO
    ]
    if wrong:
        raise ValidationError({name: [_("Either true or false.")] for name in wrong})


class StrictFilters(DjangoFilterBackend):
    """django-filter, and a 400 for unknown names and values."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        filterset = self.get_filterset(request, queryset, view)
        names = set(filterset.form.fields) if filterset else set()
        paginator = getattr(view, "paginator", None)
        names |= set(getattr(paginator, "query_names", ())) | set(getattr(view, "query_names", ()))
        names |= {"search"} if getattr(view, "search_fields", None) else set()
        refuse_unknown(request, names | ALWAYS_KNOWN)
        if filterset:
            refuse_neither_yes_nor_no(request, filterset)
        return super().filter_queryset(request, queryset, view)


class StrictOrdering(OrderingFilter):
    """DRF's ordering, and a 400 for unknown fields; ties are broken by the primary key."""

    def remove_invalid_fields(
        self, queryset: Any, fields: Iterable[str], view: Any, request: Request
    ) -> list[str]:
        fields = list(fields)
        valid = list(super().remove_invalid_fields(queryset, fields, view, request))
        refused = [field for field in fields if field not in valid]
        if refused:
            raise ValidationError(
                {"ordering": [_("Cannot sort by %(fields)s.") % {"fields": ", ".join(refused)}]}
            )
        return valid if {"pk", "-pk", "id", "-id"} & set(valid) else [*valid, "pk"]
