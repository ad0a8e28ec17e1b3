"""The trail for administrators: to read, never to change."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from audit.entities import entity_type
from audit.entries import EDITS
from audit.models import SOURCES, AuditLog
from audit.templatetags.audit_entries import changes
from core.admin import ReadOnlyAdmin
from core.ledger import AuditedModel

CELL = "px-3 py-2 align-top border-b border-base-200 break-words"


class Listed(admin.SimpleListFilter):
    """A filter whose choices are known: to ask a table of millions for them takes too long."""

    names: tuple[str, ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in self.names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditLog]) -> QuerySet[AuditLog]:
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset


class SourceFilter(Listed):
    title = _("source")
    parameter_name = "source"
    names = SOURCES


class EditFilter(Listed):
    title = _("edit")
    parameter_name = "action"
    names = EDITS


class EntityFilter(Listed):
    title = _("kind of object")
    parameter_name = "entity_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        audited = [model for model in apps.get_models() if issubclass(model, AuditedModel)]
        return sorted((entity_type(model), str(model._meta.verbose_name_plural)) for model in audited)


@admin.register(AuditLog)
class AuditLogAdmin(ReadOnlyAdmin):
    """Nobody adds, changes or deletes here, whatever their rights."""

    list_display = ("created_at", "who", "action", "entity_type", "entity_repr", "source", "reason")
    list_filter = (EntityFilter, EditFilter, SourceFilter)
    search_fields = ("entity_repr", "=entity_id", "user_name", "action", "reason", "=request_id")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("created_at", "action", "entity_type", "entity_id", "entity_repr", "reason")}),
        (_("What changed"), {"fields": ("changes",)}),
        (
            _("Who, and from where"),
            {"fields": ("who", "source", "ip_address", "user_agent", "request_id", "app_version")},
        ),
    )
    readonly_fields = ("changes", "who")

    @admin.display(description=_("who"), ordering="user_name")
    def who(self, entry: AuditLog) -> str:
        return entry.user_name or "–"

    @admin.display(description=_("before and after"))
    def changes(self, entry: AuditLog) -> SafeString:
        return changes(entry)
