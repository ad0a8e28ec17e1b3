"""Calls in the managers' admin: to read. Who answers them does so where they ring."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from andon.choices import Priority
from andon.models import AndonEvent
from core.admin import ReadOnlyAdmin


@admin.register(AndonEvent)
class AndonEventAdmin(ReadOnlyAdmin):
    """Each with its clocks: how long until somebody came, and until it was over."""

    list_display = (
        "reported_at",
        "line",
        "machine",
        "event_type",
        "urgency",
        "status",
        "escalation_level",
        "answered_after",
        "over_after",
        "caller",
        "acknowledged_by",
    )
    list_filter = ("status", "event_type", "priority", "escalation_level", "rule", "line")
    search_fields = (
        "description",
        "resolution_notes",
        "line__line_code",
        "machine__equipment_code",
        "reported_by__username",
    )
    date_hierarchy = "reported_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).with_urgency().with_people()

    @admin.display(description=_("priority"), ordering="urgency")
    def urgency(self, event: AndonEvent) -> str:
        return str(Priority(event.priority).label)

    @admin.display(description=_("called by"), ordering="reported_by")
    def caller(self, event: AndonEvent) -> str:
        return event.caller

    @admin.display(description=_("answered after"))
    def answered_after(self, event: AndonEvent) -> timedelta:
        """A call that nobody has answered waits still; one that ended unanswered waited until then."""
        return _since(event, event.acknowledged_at or event.resolved_at or event.cancelled_at)

    @admin.display(description=_("over after"))
    def over_after(self, event: AndonEvent) -> timedelta:
        return _since(event, event.resolved_at or event.cancelled_at)


def _since(event: AndonEvent, moment: datetime | None) -> timedelta:
    """From the call to that moment, or until now, in whole seconds."""
    seconds = ((moment or timezone.now()) - event.reported_at).total_seconds()
    return timedelta(seconds=max(0, round(seconds)))
