"""Filters of the list of calls."""

from __future__ import annotations

import django_filters as filters

from andon.choices import EventType, Priority, Status
from andon.models import AndonEvent, EscalationPolicy
from equipment.api.filters import MomentFilter, WordFilter


class AndonEventFilter(filters.FilterSet):
    """`start` and `end` bound the moment of the call, the end exclusive."""

    line_id = filters.NumberFilter()
    line_code = filters.CharFilter(field_name="line__line_code", lookup_expr="iexact")
    equipment_code = filters.CharFilter(field_name="machine__equipment_code", lookup_expr="iexact")
    event_type = WordFilter(choices=EventType.choices)
    priority = WordFilter(choices=Priority.choices)
    status = WordFilter(choices=Status.choices)
    reported_by = filters.NumberFilter(field_name="reported_by_id")
    start = MomentFilter(field_name="reported_at", lookup_expr="gte")
    end = MomentFilter(field_name="reported_at", lookup_expr="lt")

    class Meta:
        model = AndonEvent
        fields = ()


class EscalationPolicyFilter(filters.FilterSet):
    """By what a policy says of itself; `line_id` finds the policies of that line alone."""

    line_id = filters.NumberFilter()
    event_type = WordFilter(choices=EventType.choices)
    priority = WordFilter(choices=Priority.choices)

    class Meta:
        model = EscalationPolicy
        fields = ("is_active",)
