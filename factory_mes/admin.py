"""Background jobs in the managers' admin: to see what waits, runs and failed; the worker alone changes them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from unfold.admin import TabularInline
from unfold.decorators import display

from core.admin import ReadOnlyAdmin

LONGEST = 200  # characters of the arguments in a list
STATUSES = {
    "todo": _("Waiting"),
    "doing": _("Running"),
    "succeeded": _("Done"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
    "aborted": _("Aborted"),
}
COLOURS = {"doing": "info", "succeeded": "success", "failed": "danger", "aborted": "warning"}

admin.site.unregister(ProcrastinateJob)  # the library's own has buttons, and not our looks
ProcrastinateJob._meta.verbose_name = _("background job")
ProcrastinateJob._meta.verbose_name_plural = _("background jobs")
ProcrastinateJob._meta.app_config.verbose_name = _("Background work")
ProcrastinateEvent._meta.verbose_name_plural = _("what became of it")


class StatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(STATUSES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() else queryset


class EventInline(TabularInline):
    model = ProcrastinateEvent
    fields = ("type", "at")
    readonly_fields = fields
    ordering = ("at",)
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ProcrastinateJob)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("task", "shown_status", "arguments", "attempts", "scheduled_at", "last_change")
    list_filter = (StatusFilter, "task_name", "queue_name")
    search_fields = ("task_name", "=id")
    ordering = ("-id",)
    fields = ("id", "task_name", "shown_status", "arguments", "queue_name", "scheduled_at", "attempts")
    readonly_fields = ("shown_status", "arguments")
    inlines = (EventInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(last_at=Max("procrastinateevent__at"))

    @admin.display(description=_("task"), ordering="task_name")
    def task(self, job: ProcrastinateJob) -> str:
        return job.task_name.rsplit(".", 1)[-1].replace("_", " ")

    @display(description=_("status"), ordering="status", label=COLOURS)
    def shown_status(self, job: ProcrastinateJob) -> tuple[str, Any]:
        return job.status, STATUSES.get(job.status, job.status)

    @admin.display(description=_("arguments"))
    def arguments(self, job: ProcrastinateJob) -> SafeString:
        text = json.dumps(job.args, ensure_ascii=False)
        return format_html("<code>{}</code>", text if len(text) <= LONGEST else text[:LONGEST] + "…")

    @admin.display(description=_("last change"), ordering="last_at")
    def last_change(self, job: Any) -> datetime | None:
        return job.last_at
