"""What is done at a station: once per key, refused in words beside what was typed, and back to the unit."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from andon.actions import raise_event
from andon.choices import EventType, Priority
from core.errors import DomainError, Invalid
from core.once import first_time
from floor.station import forms
from floor.station.unit import find_unit
from floor.station.views import StationView
from production.actions import consume_component
from production.actions.records import finish_step, record_step
from production.actions.serials import rework
from production.choices import Result
from production.models import Serial
from production.record_input import Given, read_record

TOLD = {
    forms.START: _("%(unit)s: %(step)s has begun."),
    Result.PASS: _("%(unit)s has passed %(step)s."),
    Result.FAIL: _("%(unit)s has failed at %(step)s."),
    Result.REWORK: _("%(unit)s must do %(step)s again."),
}
PRIORITY = {EventType.SAFETY: Priority.CRITICAL, EventType.STOPPAGE: Priority.HIGH}


class DeedView(StationView):
    """One deed. `slot` is the name of its form on the page."""

    http_method_names = ["post", "options"]
    form_class: Any = None
    slot = ""

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        serial = find_unit(request.POST.get("unit", "").replace("\x00", "").strip())
        form = self.form(serial)
        if form.is_valid() and self._done(form, serial):
            return redirect(self.address(serial))
        return self.show(serial, **{self.slot: form})

    def form(self, serial: Serial | None) -> Any:
        return self.form_class(self.request.POST)

    def _done(self, form: Any, serial: Serial | None) -> bool:
        try:
            with transaction.atomic():
                if first_time(user=self.request.user, key=form.cleaned_data["key"]):
                    text = self.act(form.cleaned_data, serial)
                    messages.add_message(self.request, self.level(form.cleaned_data), text)
        except DomainError as refusal:
            explain(form, refusal)
            return False
        return True

    def act(self, data: dict[str, Any], serial: Any) -> str:
        """Do it, and say what was done."""
        raise NotImplementedError

    def level(self, data: dict[str, Any]) -> int:
        """In which colour it is said."""
        return messages.SUCCESS


def explain(form: Any, refusal: DomainError) -> None:
    """The refusal at the field it names, else above the form."""
    for name, texts in (refusal.errors or {"": [refusal.detail]}).items():
        for text in texts if isinstance(texts, list | tuple) else [texts]:
            form.add_error(form.field_named(name), str(text))


class UnitDeedView(DeedView):
    """A deed on the unit that lies here."""

    def _done(self, form: Any, serial: Serial | None) -> bool:
        if serial is None:
            form.add_error(None, gettext("Scan the unit first."))
            return False
        return super()._done(form, serial)


class StepView(UnitDeedView):
    """Start the step, or end it."""

    slot = "step_form"

    def form(self, serial: Serial | None) -> forms.StepForm:
        return forms.StepForm(self.request.POST, process=self.process, common=self.common)

    def act(self, data: dict[str, Any], serial: Serial) -> str:
        result = data["result"]
        if result == forms.START:
            record_step(given=self._given(data, serial, None), actor=self.request.user)
        else:
            finish_step(given=self._given(data, serial, result), actor=self.request.user)
        return TOLD[result] % {"unit": serial.serial_number, "step": self.process.process_code}

    def level(self, data: dict[str, Any]) -> int:
        return messages.WARNING if data["result"] in (Result.FAIL, Result.REWORK) else messages.SUCCESS

    def _given(self, data: dict[str, Any], serial: Serial, result: str | None) -> Given:
        """The record as any other client would tell it."""
        told: dict[str, Any] = {
            "serial_id": serial.pk,
            "process_id": self.process.pk,
            "result": result,
            "measurements": data["measurements"],
            "defects": [{"defect_code": code} for code in data["found"]],
            "notes": data["notes"],
            "override_reason": data["override_reason"] or None,
        }
        if self.place.machine:
            told["equipment_id"] = self.place.machine.pk
        return read_record(told)


class ReworkView(UnitDeedView):
    """The failed unit goes on."""

    permission = "production.rework_serial"
    form_class = forms.ReworkForm
    slot = "rework_form"

    def act(self, data: dict[str, Any], serial: Serial) -> str:
        rework(serial=serial, reason=data["reason"], actor=self.request.user)
        return gettext("%(unit)s is being reworked.") % {"unit": serial.serial_number}


class ComponentView(UnitDeedView):
    """A component goes into the unit."""

    permission = "production.consume_componentlot"
    form_class = forms.ComponentForm
    slot = "component_form"

    def act(self, data: dict[str, Any], serial: Serial) -> str:
        lot, quantity = data["component_lot"], data["quantity"]
        consume_component(
            serial=serial, component_lot=lot, quantity=quantity, process=self.process, actor=self.request.user
        )
        said = {"quantity": f"{quantity.normalize():f}", "part": lot.part_code, "unit": serial.serial_number}
        return gettext("%(quantity)s × %(part)s is in %(unit)s.") % said


class CallView(DeedView):
    """Help is called to where the tablet stands, else to the line of the unit's lot."""

    permission = "andon.add_andonevent"
    form_class = forms.CallForm
    slot = "call_form"

    def act(self, data: dict[str, Any], serial: Serial | None) -> str:
        line = self.place.line or (serial.lot.line if serial else None)
        if line is None:
            raise Invalid(_("Say first where this tablet stands: see “Other step or place”."))
        kind = EventType(data["event_type"])
        description = " · ".join([self.process.process_code, *([serial.serial_number] if serial else [])])
        raised = raise_event(
            line=line,
            machine=self.place.machine,
            event_type=kind,
            priority=PRIORITY.get(kind, Priority.MEDIUM),
            description=description,
            actor=self.request.user,
        )
        text = gettext("%(kind)s: this call is open already; yours is added to it.")
        return (text if raised.joined else gettext("Help is called: %(kind)s.")) % {"kind": kind.label}
