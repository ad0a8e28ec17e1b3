"""The page of upkeep: what is wrong, what is ordered, what is due, and the verbs for each."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from equipment import actions, forms
from equipment.models import Fault, FaultCode, Line, Machine, MaintenanceOrder, MaintenancePlan
from equipment.selectors import known_fault
from equipment.views.sheets import LineSheet, PlantPage, SheetView, line_of, zone_of

MAX_ROWS = 100
RIGHTS = {
    "add_fault": "equipment.add_fault",
    "resolve": "equipment.resolve_fault",
    "order": "equipment.add_maintenanceorder",
    "start": "equipment.start_maintenanceorder",
    "complete": "equipment.complete_maintenanceorder",
    "cancel": "equipment.cancel_maintenanceorder",
    "import": "equipment.add_faultcode",
}


class MaintenanceView(PlantPage):
    """Open faults and orders, and plans with how far their round is; of the plant or of a line."""

    permission = "equipment.view_maintenanceorder"

    @cached_property
    def line(self) -> Line | None:
        return line_of(self.request)

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.line)

    def get(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        is_list = request.headers.get("HX-Target") == "upkeep"
        context = {
            "line": self.line,
            "lines": Line.objects.filter(enabled=True),
            "address": request.get_full_path(),
            "query": urlencode({"line": self.line.pk}) if self.line else "",
            "faults": self._of_line(Fault.objects.active().with_urgency().with_people()).order_by(
                "-urgency", "occurred_at"
            )[:MAX_ROWS],
            "orders": [_order(row, now) for row in self._orders(now)[:MAX_ROWS]],
            "plans": self._plans(now),
            "may": {name: request.user.has_perm(codename) for name, codename in RIGHTS.items()},
        }
        with timezone.override(self.zone):
            return render(request, f"equipment/{'_upkeep' if is_list else 'maintenance'}.html", context)

    def _of_line(self, rows: QuerySet) -> Any:
        rows = rows.filter(machine__in=Machine.objects.visible_to(self.request.user))
        return rows.filter(machine__line=self.line) if self.line else rows

    def _orders(self, now: datetime) -> Any:
        rows = MaintenanceOrder.objects.unfinished().with_urgency().with_people().with_downtime(now)
        return self._of_line(rows).order_by("scheduled_end", "-urgency", "pk")

    def _plans(self, now: datetime) -> list[dict[str, Any]]:
        """The plans in use, the one that is furthest first."""
        rows = MaintenancePlan.objects.filter(is_active=True).with_running(now).select_related("machine")
        plans = [_plan(row, now) for row in self._of_line(rows)]
        return sorted(plans, key=lambda plan: -plan["share"])[:MAX_ROWS]


def _order(row: Any, now: datetime) -> dict[str, Any]:
    """An order, whether it is late, and how long its machine stood for it; None before its start."""
    stood = None if row.downtime is None else row.downtime.total_seconds()
    return {"row": row, "late": row.scheduled_end < now, "downtime": stood}


def _plan(row: Any, now: datetime) -> dict[str, Any]:
    """A plan and how much of its round is over: by days, by running hours; `share` is the larger part."""
    days, hours = (now - row.counted_from) / timedelta(days=1), row.running / timedelta(hours=1)
    by_days = max(0.0, days) / row.every_days if row.every_days else None
    by_hours = hours / row.every_running_hours if row.every_running_hours else None
    shares = [share for share in (by_days, by_hours) if share is not None]
    return {
        "row": row,
        "hours": hours,
        "by_days": by_days,
        "by_hours": by_hours,
        "share": max(shares),
        "is_due": row.is_due(now, row.running),
    }


class UpkeepSheet(SheetView):
    """A sheet about one row of upkeep."""

    rows: Any = None

    @cached_property
    def row(self) -> Any:
        visible = Machine.objects.visible_to(self.request.user)
        rows = self.rows.select_related("machine__line__area__site").filter(machine__in=visible)
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.row.machine.line)

    def back(self) -> str:
        line = self.row.machine.line_id
        return f"{reverse('equipment:maintenance')}{f'?line={line}' if line else ''}"


class FaultSheet(UpkeepSheet):
    rows = Fault.objects.all()

    def context(self) -> dict[str, Any]:
        fault = self.row
        known = known_fault(machine=fault.machine, fault_code=fault.fault_code)
        about = f"{fault.machine} · {fault.fault_code} {fault.description}"
        return {"about": about, "remedy": known.remedy if known else ""}


class ResolveFaultView(FaultSheet):
    permission = "equipment.resolve_fault"
    form_class = forms.ResolveForm
    title = gettext_lazy("It is right again")
    submit = gettext_lazy("It is right again")
    done = gettext_lazy("The fault is resolved.")

    def act(self, data: dict[str, Any]) -> None:
        actions.resolve_fault(fault=self.row, actor=self.request.user, **data)


class OrderRepairView(FaultSheet):
    permission = "equipment.add_maintenanceorder"
    title = gettext_lazy("Order its repair")
    submit = gettext_lazy("Order the repair")
    done = gettext_lazy("The repair is ordered.")

    def act(self, data: dict[str, Any]) -> None:
        actions.order_repair(fault=self.row, actor=self.request.user)


class OrderSheet(UpkeepSheet):
    rows = MaintenanceOrder.objects.all()

    def context(self) -> dict[str, Any]:
        return {"about": f"{self.row} · {self.row.machine}"}


class StartOrderView(OrderSheet):
    permission = "equipment.start_maintenanceorder"
    title = gettext_lazy("Begin the work")
    submit = gettext_lazy("Begin now")
    done = gettext_lazy("The work has begun.")

    def act(self, data: dict[str, Any]) -> None:
        actions.start_maintenance(order=self.row, actor=self.request.user)


class CompleteOrderView(OrderSheet):
    permission = "equipment.complete_maintenanceorder"
    form_class = forms.CompleteForm
    title = gettext_lazy("The work is done")
    submit = gettext_lazy("The work is done")
    done = gettext_lazy("The work is done.")

    def act(self, data: dict[str, Any]) -> None:
        actions.complete_maintenance(order=self.row, actor=self.request.user, **data)


class CancelOrderView(OrderSheet):
    permission = "equipment.cancel_maintenanceorder"
    form_class = forms.CancelForm
    title = gettext_lazy("Cancel the order")
    submit = gettext_lazy("Cancel the order")
    done = gettext_lazy("The order is cancelled.")

    def act(self, data: dict[str, Any]) -> None:
        actions.cancel_maintenance(order=self.row, actor=self.request.user, **data)


class ReportFaultView(LineSheet):
    """Something is wrong with a machine."""

    permission = "equipment.add_fault"
    form_class = forms.FaultForm
    template = "equipment/_fault_form.html"
    title = gettext_lazy("Something is wrong")
    submit = gettext_lazy("Report the fault")
    done = gettext_lazy("The fault is reported.")

    def context(self) -> dict[str, Any]:
        codes = FaultCode.objects.filter(is_active=True).values("code", "name").distinct()
        return {**super().context(), "codes": codes}

    def act(self, data: dict[str, Any]) -> None:
        severity = data.pop("severity") or None
        actions.report_fault(severity=severity, actor=self.request.user, **data)

    def back(self) -> str:
        return f"{reverse('equipment:maintenance')}{f'?line={self.line.pk}' if self.line else ''}"
