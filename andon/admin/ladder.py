"""What the ladders did: steps and messages, to read; a message that failed may be sent again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from andon.actions import send_again
from andon.choices import NotificationStatus
from andon.models import EscalationStep, Notification
from core.admin import ReadOnlyAdmin, asks_why


@admin.register(EscalationStep)
class EscalationStepAdmin(ReadOnlyAdmin):
    list_display = ("due_at", "event", "where", "level", "clock", "status", "fired_at", "fired_by")
    list_filter = ("status", "clock", "level", "event__event_type", "event__priority", "event__line")
    list_select_related = ("event__line", "event__machine", "fired_by")
    search_fields = ("=event__id", "event__line__line_code", "event__machine__equipment_code")
    date_hierarchy = "due_at"

    @admin.display(description=_("where"))
    def where(self, step: EscalationStep) -> str:
        return " · ".join(filter(None, [str(step.event.line), str(step.event.machine or "")]))


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = (
        "created_at",
        "event",
        "level",
        "channel",
        "to",
        "status",
        "attempts",
        "sent_at",
        "last_error",
    )
    list_filter = ("status", "channel", "step__level")
    list_select_related = ("step__event", "recipient", "target")
    search_fields = (
        "=step__event__id",
        "recipient__username",
        "recipient__email",
        "target__name",
        "last_error",
    )
    date_hierarchy = "created_at"
    actions = ("send_failed_again",)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("andon.resend_notification")

    @admin.display(description=_("call"), ordering="step__event")
    def event(self, notification: Notification) -> Any:
        return notification.step.event

    @admin.display(description=_("level"), ordering="step__level")
    def level(self, notification: Notification) -> int:
        return notification.step.level

    @admin.action(description=_("Send again what failed"), permissions=["resend"])
    @asks_why
    def send_failed_again(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        failed = list(queryset.filter(status=NotificationStatus.FAILED))
        for notification in failed:
            send_again(notification=notification, actor=request.user)
        text = ngettext(
            "%(count)d message is on its way.", "%(count)d messages are on their way.", len(failed)
        )
        messages.info(request, text % {"count": len(failed)})
