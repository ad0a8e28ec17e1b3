"""Figures that pages of lower apps show: they fetch them by their address."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from equipment.models import Machine
from equipment.views.sheets import PlantPage, line_of
from oee.selectors.reliability import reliability

MONTH = timedelta(days=30)


class ReliabilityView(PlantPage):
    """Cards of MTBF, MTTR, MTTF and the corrective ratio of the last thirty days, of the plant or of a line."""

    permission = "equipment.view_maintenanceorder"

    def get(self, request: HttpRequest) -> HttpResponse:
        line, now = line_of(request), timezone.now()
        machines = Machine.objects.filter(is_active=True, line__enabled=True).select_related(
            "line__area__site"
        )
        chosen = list(machines.filter(line=line) if line else machines)
        found = reliability(machines=chosen, start=now - MONTH, end=now, now=now)
        return render(request, "oee/_reliability.html", {"found": found, "machines": len(chosen)})
