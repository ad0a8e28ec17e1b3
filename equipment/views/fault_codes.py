"""The catalogue of faults from a file, with what is wrong row by row."""

from __future__ import annotations

from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.errors import DomainError
from equipment import forms
from equipment.actions import FaultCodeReport, import_fault_codes
from equipment.actions.fault_codes import MAX_FILE
from equipment.views.sheets import PlantPage


class FaultCodesView(PlantPage):
    """Reads a CSV file and tells what it does; keeps it only where that is ticked and no row is wrong."""

    permission = "equipment.add_faultcode"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(forms.FaultCodesForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form, report = forms.FaultCodesForm(request.POST, request.FILES), None
        if form.is_valid():
            try:
                report = self._read(form.cleaned_data)
            except DomainError as exc:
                form.add_error("file", exc.errors["file"])
        return self._show(form, report)

    def _read(self, data: dict[str, Any]) -> FaultCodeReport:
        content = data["file"].read(MAX_FILE + 1)
        return import_fault_codes(content=content, dry_run=not data["keep"], actor=self.request.user)

    def _show(self, form: Form, report: FaultCodeReport | None = None) -> HttpResponse:
        return render(self.request, "equipment/fault_codes.html", {"form": form, "report": report})
