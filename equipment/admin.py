"""The plant in the managers' admin: master data to keep; states, what sources said, and upkeep to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F, Func, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from core.admin import Missing, ModelAdmin, ReadOnlyAdmin, switch
from core.templatetags.ui import duration, percent
from equipment.calendar_rows import parse_breaks
from equipment.choices import DowntimeCategory, State
from equipment.forms import LineForm, ShiftPatternForm
from equipment.models import (
    Area,
    CalendarException,
    Downtime,
    Fault,
    FaultCode,
    Line,
    Machine,
    MachineState,
    MaintenanceOrder,
    MaintenancePlan,
    ShiftPattern,
    Site,
    StateEvent,
    StopReason,
)
from equipment.selectors import lines_without_shifts, machines_without_line

SWITCHES = (
    switch(_("Take into use"), is_active=True),
    switch(_("Take out of use"), is_active=False),
)


class ShiftsFilter(Missing):
    title = _("shifts")
    parameter_name = "shifts"
    words = _("none: planned around the clock")

    def rows(self) -> QuerySet[Line]:
        return lines_without_shifts()


class PlaceFilter(Missing):
    title = _("place")
    parameter_name = "place"
    words = _("on no line")

    def rows(self) -> QuerySet[Machine]:
        return machines_without_line()


@admin.register(Site)
class SiteAdmin(ModelAdmin):
    list_display = ("code", "name", "timezone", "is_active")
    list_filter = ("is_active", "timezone")
    search_fields = ("code", "name")
    actions = SWITCHES


@admin.register(Area)
class AreaAdmin(ModelAdmin):
    list_display = ("code", "name", "site")
    list_filter = ("site",)
    list_select_related = ("site",)
    search_fields = ("code", "name", "site__code", "site__name")
    autocomplete_fields = ("site",)


class MachineInline(TabularInline):
    model = Machine
    fields = ("equipment_code", "name", "position", "is_active")
    ordering = ("position", "equipment_code")
    extra = 0
    show_change_link = True


@admin.register(Line)
class LineAdmin(ModelAdmin):
    form = LineForm
    list_display = ("line_code", "name", "area", "topology", "constraint_machine", "target", "enabled")
    list_filter = (ShiftsFilter, "enabled", "topology", "area__site", "area")
    list_select_related = ("area", "constraint_machine")
    search_fields = ("line_code", "name", "description")
    autocomplete_fields = ("area",)
    inlines = (MachineInline,)
    actions = (switch(_("Show on the floor"), enabled=True), switch(_("Take off the floor"), enabled=False))
    fieldsets = (
        (None, {"fields": (("line_code", "name"), "area", "description", "enabled")}),
        (_("How it works"), {"fields": (("topology", "constraint_machine"), ("target_speed", "target_oee"))}),
    )

    @admin.display(description=_("target OEE"), ordering="target_oee")
    def target(self, line: Line) -> str:
        return percent(line.target_oee)

    def view_on_site(self, line: Line) -> str:
        return reverse("floor:line", args=[line.pk])


@admin.register(Machine)
class MachineAdmin(ModelAdmin):
    """Where it stands; what it does is told, never set."""

    list_display = ("equipment_code", "name", "line", "position", "state", "since", "is_active")
    list_filter = (PlaceFilter, "is_active", "machine_type", "line__area__site", "line")
    list_select_related = ("line",)
    search_fields = ("equipment_code", "name", "line__line_code", "line__name")
    autocomplete_fields = ("line",)
    fields = (("equipment_code", "name"), "machine_type", ("line", "position"), "is_active")
    actions = SWITCHES

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).visible_to(request.user).with_state()

    @admin.display(description=_("state"), ordering="state")
    def state(self, machine: Any) -> str:
        return str(State(machine.state).label)

    @admin.display(description=_("since"), ordering="state_since")
    def since(self, machine: Any) -> Any:
        return machine.state_since


@admin.register(ShiftPattern)
class ShiftPatternAdmin(ModelAdmin):
    form = ShiftPatternForm
    list_display = (
        "name",
        "belongs_to",
        "days",
        "start_time",
        "end_time",
        "pauses",
        "valid_from",
        "valid_to",
    )
    list_filter = ("site", "line", "valid_from")
    list_select_related = ("site", "line")
    search_fields = ("name", "line__line_code", "line__name", "site__code", "site__name")
    autocomplete_fields = ("line", "site")
    fieldsets = (
        (
            None,
            {
                "fields": ("name", ("line", "site")),
                "description": _(
                    "Of one line, or of every line of a site that has no shifts of its own: name one of the two."
                ),
            },
        ),
        (_("On the clock of the site"), {"fields": ("weekdays", ("start_time", "end_time"), "breaks")}),
        (_("In force"), {"fields": (("valid_from", "valid_to"),)}),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Monday to Friday from today on, unless the address says otherwise."""
        given = {"weekdays": [0, 1, 2, 3, 4], "valid_from": timezone.localdate()}
        return {**given, **super().get_changeform_initial_data(request)}

    @admin.display(description=_("of"))
    def belongs_to(self, pattern: ShiftPattern) -> str:
        return str(pattern.line or pattern.site)

    @admin.display(description=_("weekdays"))
    def days(self, pattern: ShiftPattern) -> str:
        return " ".join(str(WEEKDAYS_ABBR[day]) for day in sorted(pattern.weekdays)) or "–"

    @admin.display(description=_("breaks"))
    def pauses(self, pattern: ShiftPattern) -> str:
        return ", ".join(f"{start:%H:%M}–{end:%H:%M}" for start, end in parse_breaks(pattern.breaks)) or "–"


@admin.register(CalendarException)
class CalendarExceptionAdmin(ModelAdmin):
    list_display = ("date", "kind", "name", "belongs_to", "start_time", "end_time")
    list_filter = ("kind", "site", "line")
    list_select_related = ("site", "line")
    search_fields = ("name", "line__line_code", "line__name", "site__code", "site__name")
    autocomplete_fields = ("line", "site")
    date_hierarchy = "date"
    fields = (("line", "site"), ("date", "kind"), ("start_time", "end_time"), "name")

    @admin.display(description=_("of"))
    def belongs_to(self, exception: CalendarException) -> str:
        return str(exception.line or exception.site)


class _Path(Func):
    """The codes from the root down: five levels, more than anybody reads."""

    template = "array_remove(ARRAY[%(expressions)s]::text[], NULL)"

    def __init__(self) -> None:
        above = [F("__".join(["parent"] * level + ["code"])) for level in (4, 3, 2, 1)]
        super().__init__(*above, F("code"))


@admin.register(StopReason)
class StopReasonAdmin(ModelAdmin):
    """The tree: every reason below its parent, indented."""

    list_display = ("indented", "code", "loss_category", "planned", "is_operator_error", "is_active")
    list_display_links = ("indented",)
    list_filter = ("loss_category", "planned", "is_operator_error", "is_active")
    search_fields = ("code", "name")
    autocomplete_fields = ("parent",)
    actions = SWITCHES
    fields = (("code", "name"), "parent", "loss_category", ("planned", "is_operator_error"), "is_active")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(path=_Path())

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (_Path().asc(),)

    @admin.display(description=_("name"), ordering="path")
    def indented(self, reason: Any) -> str:
        return "\u2003" * (len(reason.path) - 1) + reason.name


@admin.register(MachineState)
class MachineStateAdmin(ReadOnlyAdmin):
    list_display = ("machine", "state", "reason", "started_at", "ended_at", "lasted", "source")
    list_filter = ("state", "machine__line", "reason")
    list_select_related = ("machine", "reason", "event")
    search_fields = ("machine__equipment_code", "machine__name", "reason__code", "reason__name")
    date_hierarchy = "started_at"

    @admin.display(description=_("lasted"))
    def lasted(self, row: MachineState) -> str:
        return duration(max(0.0, ((row.ended_at or timezone.now()) - row.started_at).total_seconds()))

    @admin.display(description=_("source"))
    def source(self, row: MachineState) -> str:
        return row.event.source


@admin.register(Downtime)
class DowntimeAdmin(ReadOnlyAdmin):
    list_display = (
        "machine",
        "state",
        "kind",
        "reason",
        "started_at",
        "ended_at",
        "lasted",
        "reported_by",
        "confirmed_by",
        "notes",
    )
    list_filter = (
        "state",
        "machine__line",
        "reason",
        ("confirmed_at", admin.EmptyFieldListFilter),
        ("ended_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("machine", "reason", "reported_by", "confirmed_by")
    search_fields = ("machine__equipment_code", "machine__name", "reason__code", "reason__name", "notes")
    date_hierarchy = "started_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).with_category()

    @admin.display(description=_("category"))
    def kind(self, row: Any) -> str:
        return str(DowntimeCategory(row.category).label)

    @admin.display(description=_("lasted"))
    def lasted(self, row: Downtime) -> str:
        return duration(max(0.0, ((row.ended_at or timezone.now()) - row.started_at).total_seconds()))


@admin.register(StateEvent)
class StateEventAdmin(ReadOnlyAdmin):
    list_display = ("machine", "layer", "state", "reason", "started_at", "ended_at", "source", "received_at")
    list_filter = ("layer", "state", "machine__line")
    list_select_related = ("machine", "reason")
    search_fields = ("machine__equipment_code", "source", "event_id", "note")
    date_hierarchy = "started_at"


@admin.register(FaultCode)
class FaultCodeAdmin(ModelAdmin):
    list_display = ("code", "machine_type", "name", "severity", "is_active")
    list_filter = ("severity", "machine_type", "is_active")
    search_fields = ("code", "name", "description", "remedy")
    actions = SWITCHES
    fields = (("code", "machine_type"), "name", ("severity", "is_active"), "description", "remedy")


@admin.register(MaintenancePlan)
class MaintenancePlanAdmin(ModelAdmin):
    list_display = (
        "title",
        "machine",
        "every_days",
        "every_running_hours",
        "ran",
        "due",
        "priority",
        "is_active",
    )
    list_filter = ("is_active", "priority", "machine__line")
    list_select_related = ("machine",)
    search_fields = ("title", "description", "machine__equipment_code", "machine__name")
    autocomplete_fields = ("machine",)
    actions = SWITCHES
    fields = (
        ("machine", "title"),
        "description",
        ("every_days", "every_running_hours", "tolerance_days"),
        ("priority", "counted_from", "is_active"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        visible = Machine.objects.visible_to(request.user)
        return super().get_queryset(request).with_running(timezone.now()).filter(machine__in=visible)

    @admin.display(description=_("ran in this round"))
    def ran(self, plan: Any) -> str:
        return duration(plan.running.total_seconds())

    @admin.display(description=_("due"))
    def due(self, plan: Any) -> Any:
        return plan.due_at


@admin.register(Fault)
class FaultAdmin(ReadOnlyAdmin):
    list_display = (
        "occurred_at",
        "machine",
        "fault_code",
        "description",
        "urgency",
        "status",
        "reported_by",
        "resolved_at",
        "resolved_by",
    )
    list_filter = ("status", "severity", "machine__line")
    search_fields = (
        "fault_code",
        "description",
        "resolution_notes",
        "machine__equipment_code",
        "machine__name",
    )
    date_hierarchy = "occurred_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).with_urgency().with_people()

    @admin.display(description=_("severity"), ordering="urgency")
    def urgency(self, fault: Fault) -> str:
        return str(fault.get_severity_display())


@admin.register(MaintenanceOrder)
class MaintenanceOrderAdmin(ReadOnlyAdmin):
    list_display = (
        "order_number",
        "machine",
        "maintenance_type",
        "title",
        "urgency",
        "status",
        "scheduled_start",
        "scheduled_end",
        "started_at",
        "completed_at",
        "created_by",
    )
    list_filter = ("status", "maintenance_type", "priority", "machine__line")
    search_fields = (
        "order_number",
        "title",
        "description",
        "notes",
        "machine__equipment_code",
        "machine__name",
    )
    date_hierarchy = "scheduled_start"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).with_urgency().with_people()

    @admin.display(description=_("priority"), ordering="urgency")
    def urgency(self, order: MaintenanceOrder) -> str:
        return str(order.get_priority_display())
