"""Policies, types, automatic calls and targets: what people agreed on."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from andon.choices import EventType, Priority
from andon.forms import (
    AutoRaiseRuleForm,
    EscalationLevelForm,
    EscalationLevelFormSet,
    NotificationTargetForm,
)
from andon.models import (
    AutoRaiseRule,
    EscalationLevel,
    EscalationPolicy,
    NotificationTarget,
    ResponseType,
)
from core.admin import ModelAdmin, switch

SWITCHES = (
    switch(_("Take into use"), is_active=True),
    switch(_("Take out of use"), is_active=False),
)


@admin.register(ResponseType)
class ResponseTypeAdmin(ModelAdmin):
    list_display = ("event_type", "owner_role", "target_minutes")
    list_filter = ("owner_role",)
    search_fields = ("event_type", "owner_role")


class EscalationLevelInline(TabularInline):
    model = EscalationLevel
    form = EscalationLevelForm
    formset = EscalationLevelFormSet
    fields = ("level", "after_minutes", "clock", "roles", "channels")
    ordering = ("level",)
    extra = 0


@admin.register(EscalationPolicy)
class EscalationPolicyAdmin(ModelAdmin):
    """What is left open means all; of those that fit a call, the one that names its line, type, priority holds."""

    list_display = ("name", "whose_line", "which_type", "which_priority", "rungs", "is_active")
    list_filter = ("is_active", "event_type", "priority", "line")
    list_select_related = ("line",)
    search_fields = ("name", "line__line_code", "line__name")
    autocomplete_fields = ("line",)
    inlines = (EscalationLevelInline,)
    actions = SWITCHES
    fieldsets = (
        (None, {"fields": ("name", ("line", "event_type", "priority"))}),
        (_("How it works"), {"fields": ("clock_rests_outside_shifts", "is_active")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(rungs=Count("levels"))

    @admin.display(description=_("line"), ordering="line__line_code")
    def whose_line(self, policy: EscalationPolicy) -> str:
        return str(policy.line or _("All lines"))

    @admin.display(description=_("type"), ordering="event_type")
    def which_type(self, policy: EscalationPolicy) -> str:
        return str(EventType(policy.event_type).label if policy.event_type else _("All types"))

    @admin.display(description=_("priority"), ordering="priority")
    def which_priority(self, policy: EscalationPolicy) -> str:
        return str(Priority(policy.priority).label if policy.priority else _("All priorities"))

    @admin.display(description=_("levels"), ordering="rungs")
    def rungs(self, policy: EscalationPolicy) -> int:
        return int(policy.rungs)  # type: ignore[attr-defined]


@admin.register(AutoRaiseRule)
class AutoRaiseRuleAdmin(ModelAdmin):
    form = AutoRaiseRuleForm
    list_display = ("name", "trigger", "line", "after_seconds", "event_type", "priority", "is_active")
    list_filter = ("is_active", "trigger", "event_type", "priority", "line")
    list_select_related = ("line",)
    search_fields = ("name", "fault_code", "line__line_code", "line__name")
    autocomplete_fields = ("line",)
    actions = SWITCHES
    fieldsets = (
        (None, {"fields": ("name", ("line", "trigger"), "is_active")}),
        (_("A machine is down"), {"fields": ("states", "after_seconds")}),
        (_("A fault is reported"), {"fields": (("fault_code", "min_severity"),)}),
        (_("The call"), {"fields": (("event_type", "priority"),)}),
    )


@admin.register(NotificationTarget)
class NotificationTargetAdmin(ModelAdmin):
    form = NotificationTargetForm
    list_display = ("name", "kind", "address", "is_active")
    list_filter = ("is_active", "kind")
    search_fields = ("name",)
    actions = SWITCHES
    fields = ("name", "kind", "address", "url", "is_active")
    readonly_fields = ("address",)

    @admin.display(description=_("now"))
    def address(self, target: NotificationTarget) -> str:
        return target.address if target.pk else "–"
