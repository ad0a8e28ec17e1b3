"""Plans and jobs in the managers' admin: to read, and to cancel with a reason; checklists are kept here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from core.admin import ModelAdmin, ReadOnlyAdmin, asks_why, reason_of, switch
from core.errors import DomainError
from production.actions import cancel_job, cancel_schedule
from production.models import ChecklistAnswer, ChecklistItem, JobAssignment, ProductionSchedule


class Cancelling(ReadOnlyAdmin):
    """Rows that can be cancelled, each by its action; what cannot be is told and the rest goes on."""

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        raise NotImplementedError

    def cancel_one(self, row: Any, *, reason: str, actor: Any) -> None:
        raise NotImplementedError

    actions = ("cancel_selected",)

    @admin.action(description=_("Cancel"), permissions=["cancel"])
    @asks_why
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        done = 0
        for row in queryset.order_by("pk"):
            try:
                self.cancel_one(row, reason=reason_of(request)[:255], actor=request.user)
                done += 1
            except DomainError as refusal:
                messages.error(request, f"{row}: {refusal.detail}")
        if done:
            messages.success(request, _now("Done: %(count)d cancelled.") % {"count": done})


@admin.register(ProductionSchedule)
class ProductionScheduleAdmin(Cancelling):
    """Planned on the page of plans; here with what was made of each."""

    list_display = (
        "scheduled_start",
        "scheduled_end",
        "line",
        "product",
        "status",
        "priority",
        "target_quantity",
        "made",
        "created_by",
    )
    list_filter = ("status", "line", "priority")
    list_select_related = ("line", "product", "created_by")
    search_fields = ("line__line_code", "line__name", "product__model_code", "product__model_name", "notes")
    date_hierarchy = "scheduled_start"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).with_made()

    @admin.display(description=_("good"), ordering="good_quantity")
    def made(self, schedule: Any) -> int:
        return schedule.good_quantity

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("production.cancel_productionschedule")

    def cancel_one(self, row: Any, *, reason: str, actor: Any) -> None:
        cancel_schedule(schedule=row, reason=reason, actor=actor)


class ChecklistAnswerInline(TabularInline):
    """What was answered before the job started."""

    model = ChecklistAnswer
    fields = ("text", "value", "answered_by", "answered_at")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("answered_by")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("production.view_jobassignment")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(JobAssignment)
class JobAssignmentAdmin(Cancelling):
    """Worked at the machine; here with every answer and every figure."""

    list_display = (
        "__str__",
        "user",
        "machine",
        "product",
        "status",
        "good_quantity",
        "scrap_quantity",
        "assigned_at",
        "started_at",
        "completed_at",
    )
    list_filter = ("status", "machine__line")
    search_fields = (
        "user__username",
        "user__full_name",
        "machine__equipment_code",
        "schedule__product__model_code",
        "notes",
    )
    date_hierarchy = "assigned_at"
    inlines = (ChecklistAnswerInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).with_all()

    @admin.display(description=_("product"), ordering="schedule__product__model_code")
    def product(self, job: Any) -> str:
        return job.schedule.product.model_code

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("production.change_jobassignment")

    def cancel_one(self, row: Any, *, reason: str, actor: Any) -> None:
        cancel_job(job=row, reason=reason, actor=actor)


@admin.register(ChecklistItem)
class ChecklistItemAdmin(ModelAdmin):
    """What each line asks before a job starts; an item that was answered is switched off, not deleted."""

    list_display = ("text", "line", "order", "type", "required", "is_active")
    list_filter = ("line", "type", "required", "is_active")
    list_select_related = ("line",)
    search_fields = ("text", "line__line_code", "line__name")
    autocomplete_fields = ("line",)
    actions = (
        switch(_("Ask it again"), is_active=True),
        switch(_("Ask it no more"), is_active=False),
    )
    fieldsets = (
        (None, {"fields": ("line", "text", ("type", "required"), ("order", "is_active"), "options")}),
    )
