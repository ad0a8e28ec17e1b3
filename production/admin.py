"""Products and rates are kept here; what machines said can only be read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from core.admin import Missing, ModelAdmin, ReadOnlyAdmin, switch
from core.templatetags.ui import seconds
from production import admin_components, admin_import, admin_plans, admin_units  # noqa: F401  they register what is theirs
from production.choices import ProductStatus
from production.models import CounterReading, ProductionCount, ProductionRun, ProductModel, StandardRate
from production.selectors import products_without_rate


class RateFilter(Missing):
    title = _("ideal cycle time")
    parameter_name = "rate"
    words = _("missing")

    def rows(self) -> QuerySet[ProductModel]:
        return products_without_rate()


class StandardRateInline(TabularInline):
    """Without a machine a rate holds for every machine that has none of its own."""

    model = StandardRate
    fields = ("machine", "ideal_cycle_seconds", "valid_from")
    extra = 0
    autocomplete_fields = ("machine",)


@admin.register(ProductModel)
class ProductModelAdmin(ModelAdmin):
    """Nothing is deleted: set the status to discontinued."""

    list_display = ("model_code", "model_name", "category", "status", "updated_at")
    list_filter = (RateFilter, "status", "category")
    search_fields = ("model_code", "model_name", "category")
    inlines = (StandardRateInline,)
    actions = (
        switch(_("Make active again"), status=ProductStatus.ACTIVE),
        switch(_("Discontinue"), status=ProductStatus.DISCONTINUED),
    )
    fieldsets = (
        (None, {"fields": (("model_code", "model_name"), ("category", "status"))}),
        (_("Commerce and planning"), {"fields": (("unit_price", "currency"), "production_cycle_days")}),
        (_("Specifications"), {"fields": ("specifications",), "classes": ("collapse",)}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(StandardRate)
class StandardRateAdmin(ModelAdmin):
    """The ideal cycle of a product; without a machine, of every machine that has none of its own."""

    list_display = ("product", "shown_machine", "ideal_cycle", "valid_from")
    list_filter = ("machine__line", "valid_from")
    list_select_related = ("product", "machine")
    search_fields = ("product__model_code", "product__model_name", "machine__equipment_code")
    autocomplete_fields = ("product", "machine")
    date_hierarchy = "valid_from"
    fieldsets = (
        (
            None,
            {
                "fields": (("product", "machine"), ("ideal_cycle_seconds", "valid_from")),
                "description": _("Without a machine it holds for every machine that has none of its own."),
            },
        ),
    )

    @admin.display(description=_("machine"), ordering="machine__equipment_code")
    def shown_machine(self, rate: StandardRate) -> str:
        return str(rate.machine or _("every other one"))

    @admin.display(description=_("ideal cycle per unit"), ordering="ideal_cycle_seconds")
    def ideal_cycle(self, rate: StandardRate) -> str:
        return seconds(rate.ideal_cycle_seconds)


@admin.register(ProductionRun)
class ProductionRunAdmin(ReadOnlyAdmin):
    list_display = ("reference", "machine", "product", "operator_name", "started_at", "ended_at", "source")
    list_display_links = ("reference", "machine")
    list_filter = ("machine__line", "source")
    list_select_related = ("machine", "product")
    search_fields = ("reference", "operator_name", "machine__equipment_code", "product__model_code")
    date_hierarchy = "started_at"


@admin.register(ProductionCount)
class ProductionCountAdmin(ReadOnlyAdmin):
    list_display = ("machine", "at", "product", "good", "scrap", "rework", "source", "event_id")
    list_filter = ("machine__line",)
    list_select_related = ("machine", "product")
    search_fields = ("machine__equipment_code", "product__model_code", "event_id")
    date_hierarchy = "at"


@admin.register(CounterReading)
class CounterReadingAdmin(ReadOnlyAdmin):
    list_display = ("machine", "counter", "at", "value", "product", "source", "event_id")
    list_filter = ("counter", "machine__line")
    list_select_related = ("machine", "product")
    search_fields = ("machine__equipment_code", "event_id")
    date_hierarchy = "at"
