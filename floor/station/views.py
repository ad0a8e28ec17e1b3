"""The pages of the station: the choice of a step, and the step with the unit that lies there."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from andon.choices import EventType
from floor.station import forms, unit
from floor.station.place import PLACE, STEP, Place, lines, place_named, place_of, remember, step_of
from floor.views import FloorPage
from production.days import default_site, zone_of
from production.models import Process, Serial

HTMX = "HX-Request"


class StationPage(FloorPage):
    """For those who may record process data."""

    permission = "production.add_processdata"

    @cached_property
    def place(self) -> Place:
        return place_of(self.request)

    def handle_no_permission(self) -> Any:
        """A fragment cannot hold the login page: the browser is led there."""
        if self.request.user.is_authenticated:
            return render(self.request, "floor/station/no_access.html", status=403)
        if HTMX in self.request.headers:
            query = urlencode({"next": _page_of(self.request)})
            return HttpResponse(headers={"HX-Redirect": f"{reverse('accounts:login')}?{query}"})
        return super().handle_no_permission()


def _page_of(request: HttpRequest) -> str:
    """The page that asked for a fragment, without its host."""
    try:
        asked = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return reverse("floor:stations")
    return urlunsplit(("", "", asked.path, asked.query, ""))


class StationsView(StationPage):
    """Choose a step; who has chosen on this tablet is led there at once, unless asked again."""

    http_method_names = ["get", "post", "head", "options"]

    def get(self, request: HttpRequest) -> HttpResponse:
        chosen = step_of(request)
        if chosen and "choose" not in request.GET:
            return redirect("floor:station", code=chosen.process_code)
        context = {
            "processes": Process.objects.active().in_order(),
            "chosen": chosen,
            "place": self.place,
            "lines": lines(),
            "can_add": request.user.has_perm("production.add_process"),
        }
        return render(request, "floor/station/stations.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """This tablet stands there from now on."""
        place = place_named(request.POST.get("place", ""))
        response = redirect(reverse("floor:stations") + "?choose")
        remember(response, PLACE, place.value)
        messages.success(request, _("Kept on this tablet."))
        return response


class StationView(StationPage):
    """The station of one step, with the unit that lies there."""

    http_method_names = ["get", "head", "options"]

    @cached_property
    def process(self) -> Process:
        return get_object_or_404(Process, process_code__iexact=self.kwargs["code"])

    @cached_property
    def common(self) -> list[str]:
        return unit.common_defects(process=self.process)

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        scan = request.GET.get("scan", "").strip()
        serial = unit.find_unit(scan) if scan else None
        if serial is not None or not scan:
            return self.show(serial or self._present())
        component = unit.find_component(scan)
        present = self._present()
        if component and present:
            return self.show(present, scanned_component=component.lot_number)
        return self.show(present, unknown=scan, is_component=component is not None)

    def _present(self) -> Serial | None:
        """The unit that lies here already."""
        number = self.request.GET.get("unit", "").strip()
        return unit.find_unit(number) if number else None

    def address(self, serial: Serial | None = None) -> str:
        query = "?" + urlencode({"unit": serial.serial_number}) if serial else ""
        return reverse("floor:station", args=[self.process.process_code]) + query

    def show(self, serial: Serial | None, **extra: Any) -> HttpResponse:
        """The whole page, or for htmx what lies under its head, in the clock of the place."""
        user = self.request.user
        context = {
            "process": self.process,
            "place": self.place,
            "address": self.address(),
            "records": unit.last_records(
                process=self.process, machine_id=self.place.machine.pk if self.place.machine else None
            ),
            "calls": EventType.choices,
            "call_form": forms.CallForm(),
            "can_call": user.has_perm("andon.add_andonevent"),
            **(self._work(serial, extra) if serial else {}),
            **extra,
        }
        fragment = HTMX in self.request.headers
        context["fragment"] = fragment
        template = "floor/station/_station.html" if fragment else "floor/station/station.html"
        with timezone.override(zone_of(self._site(serial))):
            response = render(self.request, template, context)
        remember(response, STEP, self.process.pk)
        return response

    def _site(self, serial: Serial | None) -> Any:
        return self.place.site or (serial.lot.site if serial else None) or default_site()

    def _work(self, serial: Serial, extra: dict[str, Any]) -> dict[str, Any]:
        """The unit and the forms of what this person may do with it."""
        here = unit.unit_here(serial=serial, process=self.process)
        user = self.request.user
        initial = {"unit": serial.serial_number}
        foreign = here.is_anothers(user)
        may_record = not foreign and (not here.obstacle or self._may_override(here))
        made: dict[str, Any] = {"here": here, "foreign": foreign}
        if may_record:
            made["step_form"] = forms.StepForm(
                process=self.process, record=here.record, common=self.common, initial=initial
            )
        if here.may_rework and user.has_perm("production.rework_serial"):
            made["rework_form"] = forms.ReworkForm(initial=initial)
        if here.may_consume and user.has_perm("production.consume_componentlot"):
            scanned = {"component_lot": extra.get("scanned_component", "")}
            made["component_form"] = forms.ComponentForm(initial={**initial, **scanned})
        return made

    def _may_override(self, here: unit.UnitHere) -> bool:
        return here.out_of_order and self.request.user.has_perm("production.override_order")
