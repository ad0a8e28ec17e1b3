"""Products and rates are kept here; what machines said can only be read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from production import admin_import  # noqa: F401  registers the importer
from production.models import CounterReading, ProductionCount, ProductionRun, ProductModel, StandardRate


class StandardRateInline(TabularInline):
    model = StandardRate
    extra = 0
    autocomplete_fields = ("machine",)


@admin.register(ProductModel)
class ProductModelAdmin(ModelAdmin):
    """Nothing is deleted: set the status to discontinued."""

    list_display = ("model_code", "model_name", "category", "status", "updated_at")
    list_filter = ("status", "category")
    search_fields = ("model_code", "model_name")
    inlines = (StandardRateInline,)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(StandardRate)
class StandardRateAdmin(ModelAdmin):
    list_display = ("product", "machine", "ideal_cycle_seconds", "valid_from")
    list_filter = ("valid_from",)
    list_select_related = ("product", "machine")
    search_fields = ("product__model_code", "product__model_name", "machine__equipment_code")
    autocomplete_fields = ("product", "machine")


class ReadOnlyAdmin(ModelAdmin):
    """Facts: read, never written by hand. Large tables: no full count."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ProductionRun)
class ProductionRunAdmin(ReadOnlyAdmin):
    list_display = ("machine", "product", "reference", "operator_name", "started_at", "ended_at")
    list_select_related = ("machine", "product")
    search_fields = ("reference", "machine__equipment_code", "product__model_code")
    date_hierarchy = "started_at"


@admin.register(ProductionCount)
class ProductionCountAdmin(ReadOnlyAdmin):
    list_display = ("machine", "at", "product", "good", "scrap", "rework", "source", "event_id")
    list_select_related = ("machine", "product")
    search_fields = ("machine__equipment_code", "product__model_code", "event_id")


@admin.register(CounterReading)
class CounterReadingAdmin(ReadOnlyAdmin):
    list_display = ("machine", "counter", "at", "value", "product", "source", "event_id")
    list_filter = ("counter",)
    list_select_related = ("machine", "product")
    search_fields = ("machine__equipment_code", "event_id")
