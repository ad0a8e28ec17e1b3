"""Loss policies as managers keep them; roll-ups as they are."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core.admin import ModelAdmin, ReadOnlyAdmin
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
    list_select_related = ("site",)
    autocomplete_fields = ("site",)
    date_hierarchy = "valid_from"
    fieldsets = (
        (None, {"fields": (("site", "valid_from"),)}),
        (
            _("What counts as what"),
            {
                "fields": (
                    ("minor_stop_seconds", "minor_stops"),
                    ("setup", "starved_blocked"),
                    ("idle", "unknown_time"),
                ),
                "description": _(
                    "A change is a new policy from its day on: earlier days keep the one they were reckoned with."
                ),
            },
        ),
    )


@admin.register(HourlyRollup)
class HourlyRollupAdmin(ReadOnlyAdmin):
    """A copy made by the product itself: to look at, not to write."""

    list_display = ("machine", "hour", "shift_date", "shift_name", "product", "produced", "good")
    list_filter = ("machine__line", "shift_name")
    date_hierarchy = "hour"
    list_select_related = ("machine", "product")
    search_fields = ("machine__equipment_code",)
