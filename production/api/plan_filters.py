"""What lists of schedules, jobs and checklists can be narrowed by."""

from __future__ import annotations

import django_filters as filters

from equipment.api.filters import MomentFilter, WordFilter
from production.choices import AnswerType, JobStatus, ScheduleStatus
from production.models import ChecklistItem, JobAssignment, ProductionSchedule


class ScheduleFilter(filters.FilterSet):
    """`start` and `end` bound a window that the schedule touches, the end exclusive."""

    line_id = filters.NumberFilter()
    line_code = filters.CharFilter("line__line_code", "iexact")
    product_model_id = filters.NumberFilter("product_id")
    product_code = filters.CharFilter("product__model_code", "iexact")
    status = WordFilter(choices=ScheduleStatus.choices)
    priority = filters.NumberFilter()
    created_by = filters.NumberFilter("created_by_id")
    start = MomentFilter("scheduled_end", "gt")
    end = MomentFilter("scheduled_start", "lt")

    class Meta:
        model = ProductionSchedule
        fields = ()


class JobFilter(filters.FilterSet):
    """`start` and `end` bound the moment of the assignment, the end exclusive."""

    schedule_id = filters.NumberFilter()
    user_id = filters.NumberFilter()
    lot_id = filters.NumberFilter()
    line_id = filters.NumberFilter("schedule__line_id")
    equipment_code = filters.CharFilter("machine__equipment_code", "iexact")
    product_code = filters.CharFilter("schedule__product__model_code", "iexact")
    status = WordFilter(choices=JobStatus.choices)
    start = MomentFilter("assigned_at", "gte")
    end = MomentFilter("assigned_at", "lt")

    class Meta:
        model = JobAssignment
        fields = ()


class ChecklistItemFilter(filters.FilterSet):
    line_id = filters.NumberFilter()
    type = WordFilter(choices=AnswerType.choices)

    class Meta:
        model = ChecklistItem
        fields = ("line_id", "type", "required", "is_active")
