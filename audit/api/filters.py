"""Filters of the trail."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError as Refused

from audit.models import SOURCES, AuditLog
from core.api.fields import AwareDateTimeField, PlausibleDateField


class EdgeField(forms.Field):
    """An edge of a span: a moment with its offset, or a whole day in `zone`. `after` tells which end of the day."""

    def __init__(self, *, after: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.after = after

    def zone(self) -> tzinfo:
        """Whose days are meant."""
        return UTC

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            return self._edge(value)
        except Refused as exc:
            raise ValidationError([str(text) for text in exc.detail]) from exc

    def _edge(self, text: str) -> datetime:
        if _is_date(text):
            day: date = PlausibleDateField().run_validation(text)
            return datetime.combine(day + timedelta(days=self.after), time.min, self.zone())
        moment: datetime = AwareDateTimeField().run_validation(text)
        return moment + timedelta(microseconds=self.after)


def _is_date(text: str) -> bool:
    try:
        return parse_date(text) is not None
    except ValueError:
        return True  # of a date's form, but no day of any month: the field says so


class EdgeFilter(filters.Filter):
    field_class = EdgeField


class KeyFilter(filters.Filter):
    """A row's number."""

    field_class = forms.IntegerField


class AuditLogFilter(filters.FilterSet):
    """`start_date` and `end_date` are both inclusive."""

    entity_type = filters.CharFilter()
    entity_id = filters.CharFilter()
    action = filters.CharFilter(lookup_expr="iexact")
    source = filters.ChoiceFilter(choices=[(name, name) for name in SOURCES])
    user = KeyFilter(field_name="user_id")
    user_id = KeyFilter()
    request_id = filters.CharFilter()
    start_date = EdgeFilter(field_name="created_at", lookup_expr="gte", after=False)
    end_date = EdgeFilter(field_name="created_at", lookup_expr="lt", after=True)

    class Meta:
        model = AuditLog
        fields = ()

    def filter_queryset(self, queryset: QuerySet[AuditLog]) -> QuerySet[AuditLog]:
        start, end = self.form.cleaned_data["start_date"], self.form.cleaned_data["end_date"]
        if start and end and end <= start:
            raise Refused({"end_date": [_("Must not lie before start_date.")]})
        return super().filter_queryset(queryset)
