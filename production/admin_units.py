"""How products are made, kept here; lots and units to read, with their verbs as actions that ask why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import TabularInline

from core.admin import ModelAdmin, ReadOnlyAdmin, asks_why, reason_of, switch
from core.errors import DomainError
from production.actions import lots, serials
from production.choices import SerialStatus
from production.models import Lot, NumberPattern, Process, Route, RouteStep, Serial


@admin.register(Process)
class ProcessAdmin(ModelAdmin):
    """What is measured in a step stands in its quality criteria."""

    list_display = ("process_number", "process_code", "name", "sort_order", "is_label", "is_active")
    list_display_links = ("process_number", "process_code")
    list_filter = ("is_active", "is_label")
    search_fields = ("process_code", "process_name_en", "process_name_ko")
    actions = (
        switch(gettext_lazy("Take into use"), is_active=True),
        switch(gettext_lazy("Take out of use"), is_active=False),
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("process_number", "process_code"),
                    ("process_name_en", "process_name_ko"),
                    "description",
                    ("sort_order", "estimated_duration_seconds"),
                    ("is_label", "is_active"),
                )
            },
        ),
        (
            gettext_lazy("What is measured"),
            {
                "fields": ("quality_criteria",),
                "description": gettext_lazy(
                    "measurements: a list of {name, label, unit, kind, lower, upper, choices, required};"
                    " kind is number, text, bool or choice. strict: no other value is taken."
                ),
            },
        ),
    )


class RouteStepInline(TabularInline):
    """The steps in their order; who may change the route changes them."""

    model = RouteStep
    fields = ("position", "process")
    autocomplete_fields = ("process",)
    extra = 0
    min_num = 1

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("production.view_route")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("production.change_route")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, **{**kwargs, "validate_min": True})


@admin.register(Route)
class RouteAdmin(ModelAdmin):
    """The way of a product; without one it passes every active process."""

    list_display = ("product", "way")
    list_select_related = ("product",)
    search_fields = ("product__model_code", "product__model_name")
    autocomplete_fields = ("product",)
    inlines = (RouteStepInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("steps__process")

    @admin.display(description=gettext_lazy("way"))
    def way(self, route: Route) -> str:
        return " → ".join(step.process.process_code for step in route.steps.all())


@admin.register(NumberPattern)
class NumberPatternAdmin(ModelAdmin):
    """How a site numbers lots and units."""

    list_display = ("site", "lot_pattern", "serial_pattern")
    list_select_related = ("site",)
    search_fields = ("site__code", "site__name")
    autocomplete_fields = ("site",)
    fieldsets = (
        (
            None,
            {
                "fields": ("site", ("lot_pattern", "serial_pattern")),
                "description": gettext_lazy(
                    "{yymmdd} or {yyyymmdd} the shift day, {shift} D or N, {line} and {product} their codes,"
                    " {lot} the number of the lot, {seq:3} the counter in at least three digits."
                ),
            },
        ),
    )


def verb(description: Any, permission: str, step: Callable[[Any, Any, str], Any]) -> Any:
    """A bulk action that takes each row one step, for the reason given; who may not, is told so row by row."""

    @admin.action(description=description, permissions=[permission])
    @asks_why
    def taken(model_admin: Any, request: HttpRequest, queryset: Any) -> None:
        done = 0
        for row in queryset.order_by("pk"):
            try:
                step(row, request.user, reason_of(request))
            except DomainError as refusal:
                messages.error(request, f"{row}: {refusal.detail}")
            else:
                done += 1
        if done:
            messages.success(request, ngettext("%(n)d done.", "%(n)d done.", done) % {"n": done})

    taken.__name__ = permission
    return taken


@admin.register(Lot)
class LotAdmin(ReadOnlyAdmin):
    list_display = (
        "lot_number",
        "product",
        "production_date",
        "shift",
        "line",
        "status",
        "made",
        "passed_quantity",
        "failed_quantity",
        "scrapped_quantity",
        "manager",
    )
    list_filter = ("status", "shift", "line", "product")
    list_select_related = ("product", "line", "manager")
    search_fields = ("lot_number", "product__model_code", "product__model_name")
    date_hierarchy = "production_date"
    actions = (
        verb(gettext_lazy("Start"), "start", lambda lot, actor, why: lots.start_lot(lot=lot, actor=actor)),
        verb(
            gettext_lazy("Complete"),
            "complete",
            lambda lot, actor, why: lots.complete_lot(lot=lot, actor=actor, reason=why),
        ),
        verb(gettext_lazy("Close"), "close", lambda lot, actor, why: lots.close_lot(lot=lot, actor=actor)),
    )

    def has_start_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("production.start_lot")

    def has_complete_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("production.complete_lot")

    def has_close_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("production.close_lot")

    @admin.display(description=gettext_lazy("made of target"), ordering="actual_quantity")
    def made(self, lot: Lot) -> str:
        return _("%(made)d of %(target)d") % {"made": lot.actual_quantity, "target": lot.target_quantity}


@admin.register(Serial)
class SerialAdmin(ReadOnlyAdmin):
    list_display = (
        "serial_number",
        "lot",
        "sequence_in_lot",
        "status",
        "rework_count",
        "is_scrapped",
        "failure_reason",
        "completed_at",
    )
    list_filter = ("status", "is_scrapped", "rework_count")
    list_select_related = ("lot",)
    search_fields = ("serial_number", "lot__lot_number")
    actions = (
        verb(
            gettext_lazy("Send to rework"),
            "rework",
            lambda unit, actor, why: serials.rework(serial=unit, actor=actor, reason=why),
        ),
        verb(
            gettext_lazy("Mark as failed"),
            "fail",
            lambda unit, actor, why: serials.set_status(
                serial=unit, status=SerialStatus.FAILED, failure_reason=why, actor=actor
            ),
        ),
    )

    def has_rework_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("production.rework_serial")

    def has_fail_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("production.change_others_serial")
