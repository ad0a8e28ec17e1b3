"""The page that knows everything about whatever was scanned: a unit, a lot or a component lot."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from core.csv_files import csv_response
from core.errors import DomainError
from core.pages import PageMixin
from production.actions import quarantine_component, release_component, reprint_label
from production.days import default_site, zone_of
from production.labels import label_of, svg
from production.labels.files import TYPES, label_file
from production.models import ComponentLot, Consumption, Lot
from production.selectors.genealogy import genealogy
from production.selectors.naming import Subject, subject_scanned
from production.selectors.recall import RECALL_COLUMNS, recall
from production.selectors.trace import trace

MAX_NUMBER = 100
MAX_SHOWN = 300  # units in a table of the page; the file has them all
VIEWS = {
    "history": gettext_lazy("History"),
    "family": gettext_lazy("Made from, used in"),
    "recall": gettext_lazy("Recall"),
}


class ReasonForm(forms.Form):
    """Why it is done."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class TracePage(PageMixin, View):
    """Who may see the history of units; nothing of it is kept by caches."""

    permission = "production.view_trace"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        return response

    def handle_no_permission(self) -> Any:
        """Who is signed in and has no right here is told whom to ask."""
        if not self.request.user.is_authenticated:
            return super().handle_no_permission()
        return render(self.request, "production/trace/no_access.html", status=403)


class ScanView(TracePage):
    """The scan box; what is scanned has a page of its own."""

    def get(self, request: HttpRequest) -> HttpResponse:
        scanned = " ".join(request.GET.get("q", "").split())[:MAX_NUMBER]
        found = subject_scanned(scanned) if scanned else None
        if found:
            return redirect("production:trace-of", found.number)
        status = 404 if scanned else 200
        return render(request, "production/trace/scan.html", {"scanned": scanned}, status=status)


class SubjectView(TracePage):
    """Everything about one number, and the few things that may be done about it."""

    @cached_property
    def subject(self) -> Subject:
        found = subject_scanned(self.kwargs["number"][:MAX_NUMBER], kind=self.request.GET.get("kind"))
        if found is None:
            raise Http404
        return found

    @cached_property
    def zone(self) -> ZoneInfo:
        row = self.subject.row
        lot = row.made_in if isinstance(row, ComponentLot) else row if isinstance(row, Lot) else row.lot
        return zone_of(lot.site if lot else default_site())

    @property
    def base(self) -> str:
        """The address of the subject, ready for more of a query; a lot and a component lot may bear one number."""
        return f"{reverse('production:trace-of', args=[self.subject.number])}?kind={self.subject.kind}&"

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        try:
            self.subject  # noqa: B018  is there one at all?
        except Http404:
            return render(request, "production/trace/scan.html", {"scanned": number}, status=404)
        if (kind := request.GET.get("label")) in TYPES and self.has_label:
            return label_file(self.subject.row, kind)
        if request.GET.get("table") == "recall":
            return self.recall_file()
        return self.page(request)

    def page(self, request: HttpRequest, **more: Any) -> HttpResponse:
        wanted = request.GET.get("view", "history")
        view = wanted if wanted in VIEWS else "history"
        with timezone.override(self.zone):
            return render(request, "production/trace/subject.html", self.context(view) | more)

    def context(self, view: str) -> dict[str, Any]:
        return {
            "subject": self.subject,
            "row": self.subject.row,
            "base": self.base,
            "view": view,
            "views": [{"name": name, "label": label} for name, label in VIEWS.items()],
            "max_shown": MAX_SHOWN,
            **self.parts(view)(),
        }

    def parts(self, view: str) -> Callable[[], dict[str, Any]]:
        """What the view shows, read only when it is shown."""
        if view == "family":
            return lambda: {"family": genealogy(subject=self.subject)}
        if view == "recall":
            return self.recall
        return {"serial": self.unit, "lot": self.lot, "component_lot": self.component_lot}[self.subject.kind]

    # --- histories

    def unit(self) -> dict[str, Any]:
        return {"trace": trace(serial_id=self.subject.row.pk), **self.label()}

    def lot(self) -> dict[str, Any]:
        """At most a hundred units."""
        units = self.subject.row.serials.order_by("sequence_in_lot")
        prints = self.subject.row.label_prints.select_related("printed_by").order_by("number")
        return {"units": units, "prints": prints, **self.label()}

    def component_lot(self) -> dict[str, Any]:
        scans = Consumption.objects.filter(component_lot=self.subject.row)
        scans = scans.select_related("serial__lot", "process", "operator")
        return {
            "scans": scans[:MAX_SHOWN],
            "scan_count": scans.count(),
            "remaining": self.subject.row.quantity - self.subject.row.consumed,
            "may_block": self.request.user.has_perm("production.quarantine_componentlot"),  # type: ignore[union-attr]
            "reason_form": ReasonForm(),
        }

    # --- labels

    @property
    def has_label(self) -> bool:
        return self.subject.kind in ("serial", "lot")

    def label(self) -> dict[str, Any]:
        return {
            "label": self.drawn(),
            "may_reprint": self.request.user.has_perm("production.print_label"),  # type: ignore[union-attr]
            "reason_form": ReasonForm(),
        }

    def drawn(self) -> SafeString:
        """The label itself, which escapes what it writes."""
        return mark_safe(svg(label_of(self.subject.row)))  # noqa: S308

    # --- recall

    def recall(self) -> dict[str, Any]:
        return {"recall": recall(subject=self.subject)}

    def recall_file(self) -> HttpResponse:
        found = recall(subject=self.subject)
        rows = ([getattr(unit, column) for column in RECALL_COLUMNS] for unit in found.serials)
        return csv_response(f"recall-{self.subject.number}", RECALL_COLUMNS, rows)

    # --- what may be done

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        """Print the label again, block or release: each with its right and its reason."""
        deed = DEEDS.get(request.POST.get("deed", ""))
        if deed is None or self.subject.kind not in deed.kinds:
            raise Http404
        if not request.user.has_perm(deed.permission):  # type: ignore[union-attr]
            raise PermissionDenied
        form = ReasonForm(request.POST)
        if form.is_valid():
            try:
                with transaction.atomic():
                    messages.success(
                        request, deed.act(self.subject.row, form.cleaned_data["reason"], request)
                    )
                return redirect(self.base.rstrip("&"))
            except DomainError as exc:
                form.add_error("reason", exc.detail)
        return self.page(request, reason_form=form)


class Deed:
    """Something that may be done on the page."""

    def __init__(self, permission: str, kinds: tuple[str, ...], act: Callable[[Any, str, HttpRequest], str]):
        self.permission, self.kinds, self.act = permission, kinds, act


def _reprint(row: Any, reason: str, request: HttpRequest) -> str:
    made = reprint_label(of=row, reason=reason, actor=request.user)
    return _("Reprint number %(number)d is noted. Open the file that your printer takes.") % {
        "number": made.number
    }


def _quarantine(row: ComponentLot, reason: str, request: HttpRequest) -> str:
    quarantine_component(component_lot=row, reason=reason, actor=request.user)
    return _("Blocked: nobody can take any more of it.")


def _release(row: ComponentLot, reason: str, request: HttpRequest) -> str:
    release_component(component_lot=row, reason=reason, actor=request.user)
    return _("Released: it may be taken again.")


DEEDS = {
    "reprint": Deed("production.print_label", ("serial", "lot"), _reprint),
    "quarantine": Deed("production.quarantine_componentlot", ("component_lot",), _quarantine),
    "release": Deed("production.quarantine_componentlot", ("component_lot",), _release),
}
