"""Component lots are kept here; what was scanned, reworked and printed again can only be read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from core.admin import ModelAdmin, ReadOnlyAdmin
from core.db import lock
from production.actions import quarantine_component, release_component
from production.admin_units import verb
from production.models import ComponentLot, Consumption, LabelPrint, Rework


@admin.register(ComponentLot)
class ComponentLotAdmin(ModelAdmin):
    """`consumed` follows the scans, `status` the verbs; where it was made stands once any was used."""

    list_display = (
        "lot_number",
        "part_code",
        "supplier",
        "quantity",
        "consumed",
        "status",
        "made_in",
        "created_at",
    )
    list_filter = ("status", "part_code")
    list_select_related = ("made_in",)
    search_fields = ("lot_number", "part_code", "supplier", "made_in__lot_number")
    autocomplete_fields = ("made_in",)
    readonly_fields = ("consumed", "status")
    fields = (("part_code", "lot_number"), "supplier", ("quantity", "consumed"), "made_in", "status")
    actions = (
        verb(
            gettext_lazy("Block"),
            "quarantine",
            lambda row, actor, why: quarantine_component(component_lot=row, actor=actor, reason=why),
        ),
        verb(
            gettext_lazy("Release"),
            "release",
            lambda row, actor, why: release_component(component_lot=row, actor=actor, reason=why),
        ),
    )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Locked where it is about to be written, or a scan of the same moment would be forgotten."""
        found = super().get_object(request, object_id, from_field)
        return lock(ComponentLot, found.pk) if found and request.method == "POST" else found

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "made_in") if obj and obj.consumed else self.readonly_fields

    def has_quarantine_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("production.quarantine_componentlot")

    has_release_permission = has_quarantine_permission


@admin.register(Consumption)
class ConsumptionAdmin(ReadOnlyAdmin):
    list_display = ("component_lot", "serial", "quantity", "process", "operator", "at")
    list_select_related = ("component_lot", "serial", "process", "operator")
    search_fields = ("component_lot__lot_number", "component_lot__part_code", "serial__serial_number")
    date_hierarchy = "at"


@admin.register(Rework)
class ReworkAdmin(ReadOnlyAdmin):
    list_display = ("serial", "number", "reason", "failure_reason", "process", "requested_by", "at")
    list_filter = ("number", "process")
    list_select_related = ("serial", "process", "requested_by")
    search_fields = ("serial__serial_number", "reason", "failure_reason")
    date_hierarchy = "at"


@admin.register(LabelPrint)
class LabelPrintAdmin(ReadOnlyAdmin):
    list_display = ("printed", "number", "reason", "printed_by", "at")
    list_select_related = ("serial", "lot", "printed_by")
    search_fields = ("serial__serial_number", "lot__lot_number", "reason")
    date_hierarchy = "at"

    @admin.display(description=gettext_lazy("label of"))
    def printed(self, made: LabelPrint) -> str:
        return str(made.serial or made.lot)
