"""Sheets: small forms that slide in over a list, or stand on a page of their own where there are no scripts."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import View

from core.errors import DomainError
from core.pages import PageMixin
from equipment.models import Line, Site

CHANGED = orjson.dumps({"sheet-done": {}, "plant-changed": {}}).decode()
UTC = ZoneInfo("UTC")


def zone_of(line: Line | None) -> ZoneInfo:
    """The clock of the line's site; of the first site where there is no line."""
    site = line.site if line else Site.objects.first()
    return site.zone if site else UTC


def line_of(request: HttpRequest) -> Line | None:
    """The line that `?line=` names, if any. Raises Http404 for one that is not there."""
    text = request.GET.get("line", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404
    return get_object_or_404(Line.objects.select_related("area__site"), pk=text)


class PlantPage(PageMixin, View):
    """Nothing of the plant is kept by caches."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        return response

    @property
    def is_fragment(self) -> bool:
        return "HX-Request" in self.request.headers


class SheetView(PlantPage):
    """A form and one action. What the action refuses is shown at its field, and nothing typed is lost."""

    template = "equipment/_form.html"
    form_class: type[Form] = Form
    title: Any = ""
    submit: Any = ""
    done: Any = ""
    names: dict[str, str] = {}  # a field as the action's errors call it → as the form calls it

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with timezone.override(self.zone if request.user.is_authenticated else UTC):
            return super().dispatch(request, *args, **kwargs)

    @property
    def zone(self) -> ZoneInfo:
        """The clock on which the form is read and shown."""
        raise NotImplementedError

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.show(self.form())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if form.is_valid():
            try:
                self.act(form.cleaned_data)
            except DomainError as exc:
                self._tell(form, exc)
        return self.show(form) if form.errors else self.finish()

    def form(self, *args: Any) -> Form:
        return self.form_class(*args)

    def act(self, data: dict[str, Any]) -> None:
        raise NotImplementedError

    def back(self) -> str:
        """Where to go when it is done."""
        raise NotImplementedError

    def context(self) -> dict[str, Any]:
        return {}

    def show(self, form: Form) -> HttpResponse:
        context = {
            "form": form,
            "title": self.title,
            "submit": self.submit,
            "address": self.request.path,
            "back": self.back(),
            "sheet": self.template,
            **self.context(),
        }
        return render(self.request, self.template if self.is_fragment else "equipment/sheet.html", context)

    def finish(self) -> HttpResponse:
        if self.is_fragment:
            return HttpResponse(status=204, headers={"HX-Trigger": CHANGED})
        messages.success(self.request, self.done)
        return redirect(self.back())

    def _tell(self, form: Form, refused: DomainError) -> None:
        for name, texts in (refused.errors or {"": [refused.detail]}).items():
            field = self.names.get(name, name)
            for text in texts:
                form.add_error(field if field in form.fields else None, text)


class LineSheet(SheetView):
    """Something new about a machine: of the line that `?line=` names, else of any."""

    @cached_property
    def line(self) -> Line | None:
        return line_of(self.request)

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.line)

    def form(self, *args: Any) -> Form:
        form = super().form(*args)
        if self.line is not None:
            machines: Any = form.fields["machine"]
            machines.queryset = machines.queryset.filter(line=self.line)
        return form

    def context(self) -> dict[str, Any]:
        return {"address": self.request.get_full_path()}
