"""Filters of the plant's lists."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError as Refused

from core.api.fields import AwareDateTimeField
from equipment.choices import (
    DowntimeCategory,
    ExceptionKind,
    FaultStatus,
    LossCategory,
    MaintenanceStatus,
    MaintenanceType,
    State,
    Topology,
    Urgency,
)
from equipment.models import (
    Area,
    CalendarException,
    Downtime,
    Fault,
    FaultCode,
    Line,
    Machine,
    MachineState,
    MaintenanceOrder,
    MaintenancePlan,
    ShiftPattern,
    Site,
    StopReason,
)


class MomentField(forms.Field):
    """A moment with its offset, as everywhere in the API."""

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            return AwareDateTimeField().run_validation(value)
        except Refused as exc:
            raise ValidationError([str(text) for text in exc.detail]) from exc


class MomentFilter(filters.Filter):
    field_class = MomentField


class WordFilter(filters.ChoiceFilter):
    """A word of the contract, read in any case."""

    class field_class(filters.ChoiceFilter.field_class):  # noqa: N801
        def to_python(self, value: Any) -> Any:
            return super().to_python(value).upper()

        def valid_value(self, value: Any) -> bool:
            return super().valid_value(str(value).upper())


class SiteFilter(filters.FilterSet):
    code = filters.CharFilter(lookup_expr="iexact")

    class Meta:
        model = Site
        fields = ("code", "name", "timezone", "is_active")


class AreaFilter(filters.FilterSet):
    code = filters.CharFilter(lookup_expr="iexact")
    site_id = filters.NumberFilter()

    class Meta:
        model = Area
        fields = ("site_id", "code", "name")


class LineFilter(filters.FilterSet):
    line_code = filters.CharFilter(lookup_expr="iexact")
    site = filters.CharFilter(field_name="area__site__code", lookup_expr="iexact")
    site_id = filters.NumberFilter(field_name="area__site_id")
    area = filters.CharFilter(field_name="area__code", lookup_expr="iexact")
    area_id = filters.NumberFilter()
    topology = WordFilter(choices=Topology.choices)
    equipment_code = filters.CharFilter(field_name="machines__equipment_code", lookup_expr="iexact")

    class Meta:
        model = Line
        fields = ("line_code", "name", "enabled")


class MachineFilter(filters.FilterSet):
    equipment_code = filters.CharFilter(lookup_expr="iexact")
    line_id = filters.NumberFilter()
    line_code = filters.CharFilter(field_name="line__line_code", lookup_expr="iexact")
    area_id = filters.NumberFilter(field_name="line__area_id")
    site_id = filters.NumberFilter(field_name="line__area__site_id")
    state = WordFilter(choices=State.choices)
    reason_code = filters.CharFilter(lookup_expr="iexact")

    machine_type = filters.CharFilter(lookup_expr="iexact")

    class Meta:
        model = Machine
        fields = ("name", "is_active")


class ShiftPatternFilter(filters.FilterSet):
    line_id = filters.NumberFilter()
    site_id = filters.NumberFilter()
    valid_on = filters.DateFilter(method="in_force")

    class Meta:
        model = ShiftPattern
        fields = ("name", "valid_from", "valid_to")

    def in_force(self, queryset: QuerySet, name: str, day: Any) -> QuerySet:
        return queryset.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day), valid_from__lte=day)


class CalendarExceptionFilter(filters.FilterSet):
    line_id = filters.NumberFilter()
    site_id = filters.NumberFilter()
    kind = WordFilter(choices=ExceptionKind.choices)
    start_date = filters.DateFilter(field_name="date", lookup_expr="gte")
    end_date = filters.DateFilter(field_name="date", lookup_expr="lte")

    class Meta:
        model = CalendarException
        fields = ("date", "name")


class StopReasonFilter(filters.FilterSet):
    """`root=true` gives the top of the tree, everything else hanging below it."""

    code = filters.CharFilter(lookup_expr="iexact")
    parent_id = filters.NumberFilter()
    root = filters.BooleanFilter(field_name="parent", lookup_expr="isnull")
    loss_category = WordFilter(choices=LossCategory.choices)

    class Meta:
        model = StopReason
        fields = ("name", "planned", "is_operator_error", "is_active")


class WindowFilter(filters.FilterSet):
    """Rows of a window [start, end); the subclass says by which times, both read as `start` and `end`."""

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        start, end = self.form.cleaned_data.get("start"), self.form.cleaned_data.get("end")
        if start and end and end <= start:
            raise Refused({"end": [_("The end must lie after the start.")]})
        return super().filter_queryset(queryset)


class MachineStateFilter(WindowFilter):
    """Intervals that share time with [start, end)."""

    start = MomentFilter(field_name="ended_at", method="not_over_before")
    end = MomentFilter(field_name="started_at", lookup_expr="lt")
    state = WordFilter(choices=State.choices)
    reason_code = filters.CharFilter(field_name="reason__code", lookup_expr="iexact")

    class Meta:
        model = MachineState
        fields = ()

    def not_over_before(self, queryset: QuerySet, name: str, start: Any) -> QuerySet:
        return queryset.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=start))


class DowntimeFilter(WindowFilter):
    """Stops that share time with [start, end)."""

    start = MomentFilter(field_name="ended_at", method="not_over_before")
    end = MomentFilter(field_name="started_at", lookup_expr="lt")
    line_id = filters.NumberFilter(field_name="machine__line_id")
    equipment_code = filters.CharFilter(field_name="machine__equipment_code", lookup_expr="iexact")
    category = WordFilter(choices=DowntimeCategory.choices)
    reason_code = filters.CharFilter(field_name="reason__code", lookup_expr="iexact")
    confirmed = filters.BooleanFilter(field_name="confirmed_at", lookup_expr="isnull", exclude=True)
    open = filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull")
    minor = filters.BooleanFilter()

    class Meta:
        model = Downtime
        fields = ()

    def not_over_before(self, queryset: QuerySet, name: str, start: Any) -> QuerySet:
        return queryset.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=start))


class FaultCodeFilter(filters.FilterSet):
    code = filters.CharFilter(lookup_expr="iexact")
    machine_type = filters.CharFilter(lookup_expr="iexact")
    severity = WordFilter(choices=Urgency.choices)

    class Meta:
        model = FaultCode
        fields = ("name", "is_active")


class MaintenancePlanFilter(filters.FilterSet):
    line_id = filters.NumberFilter(field_name="machine__line_id")
    equipment_code = filters.CharFilter(field_name="machine__equipment_code", lookup_expr="iexact")
    priority = WordFilter(choices=Urgency.choices)

    class Meta:
        model = MaintenancePlan
        fields = ("title", "is_active")


class FaultFilter(WindowFilter):
    """Faults that occurred in [start, end)."""

    start = MomentFilter(field_name="occurred_at", lookup_expr="gte")
    end = MomentFilter(field_name="occurred_at", lookup_expr="lt")
    fault_code = filters.CharFilter(lookup_expr="iexact")
    severity = WordFilter(choices=Urgency.choices)
    status = WordFilter(choices=FaultStatus.choices)
    reported_by = filters.NumberFilter(field_name="reported_by_id")

    class Meta:
        model = Fault
        fields = ()


class MaintenanceOrderFilter(WindowFilter):
    """Orders whose schedule shares time with [start, end)."""

    start = MomentFilter(field_name="scheduled_end", lookup_expr="gt")
    end = MomentFilter(field_name="scheduled_start", lookup_expr="lt")
    order_number = filters.CharFilter(lookup_expr="iexact")
    maintenance_type = WordFilter(choices=MaintenanceType.choices)
    priority = WordFilter(choices=Urgency.choices)
    status = WordFilter(choices=MaintenanceStatus.choices)
    fault_id = filters.NumberFilter()

    class Meta:
        model = MaintenanceOrder
        fields = ()
