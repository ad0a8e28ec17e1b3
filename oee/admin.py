"""Loss policies as managers keep them; roll-ups as they are."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from oee.models import HourlyRollup, LossPolicy


@admin.register(LossPolicy)
class LossPolicyAdmin(ModelAdmin):
    list_display = (
        "site",
        "valid_from",
        "minor_stop_seconds",
        "minor_stops",
        "setup",
        "starved_blocked",
        "idle",
        "unknown_time",
    )
    list_filter = ("site",)
    date_hierarchy = "valid_from"


@admin.register(HourlyRollup)
class HourlyRollupAdmin(ModelAdmin):
    """A copy made by the product itself: to look at, not to write."""

    list_display = ("machine", "hour", "shift_date", "shift_name", "product", "produced", "good")
    list_filter = ("shift_name",)
    list_select_related = ("machine", "product")
    search_fields = ("machine__equipment_code",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
