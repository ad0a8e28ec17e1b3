"""The page of quality: a measure is chosen, its values are shown against their limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.csv_files import csv_response
from floor.quality.pictures import PICTURES, Study, rows_for_files, shown
from floor.quality.values import Measure, measures, values_of
from floor.views import FloorPage
from production.days import default_site, zone_of
from production.models import ProductModel

COUNTS = (50, 100, 200, 500)
RULES = {"1": (1,), "all": (1, 2, 3, 4)}


class ChoiceForm(forms.Form):
    """What is looked at. A choice that is none falls back to the first, so that an old address still opens."""

    measure = forms.ChoiceField(label=_("Measured value"), required=False)
    product = forms.ModelChoiceField(
        label=_("Product"), queryset=ProductModel.objects.order_by("model_code"), required=False
    )
    last = forms.TypedChoiceField(
        label=_("Last values"),
        choices=[(n, str(n)) for n in COUNTS],
        coerce=int,
        empty_value=None,
        required=False,
    )
    rules = forms.ChoiceField(
        label=_("Signals"),
        choices=[("1", _("beyond the limits (rule 1)")), ("all", _("Western Electric rules 1–4"))],
        required=False,
    )

    def __init__(self, data: Any, known: list[Measure]) -> None:
        super().__init__(data)
        self.fields["product"].empty_label = _("All products")  # type: ignore[attr-defined]
        self.fields["measure"].choices = [(one.key, one.title) for one in known]  # type: ignore[attr-defined]
        self.is_valid()


class QualityPage(FloorPage):
    """For those who may see what everybody recorded."""

    permission = "production.view_all_processdata"

    def handle_no_permission(self) -> Any:
        if not self.request.user.is_authenticated:
            return super().handle_no_permission()
        return render(self.request, "floor/quality/no_access.html", status=403)

    def get(self, request: HttpRequest) -> HttpResponse:
        known = measures()
        form = ChoiceForm(request.GET, known)
        with timezone.override(zone_of(default_site())):
            study = self._study(form, known)
            if request.GET.get("format") == "csv":
                return self._download(study, request.GET.get("table", ""))
            context = {"form": form, "study": study, "charts": study and self._charts(study)}
            return render(request, "floor/quality/quality.html", {**context, **_figures(study)})

    def _study(self, form: ChoiceForm, known: list[Measure]) -> Study | None:
        if not known:
            return None
        chosen = form.cleaned_data
        measure = next((one for one in known if one.key == chosen.get("measure")), known[0])
        product = chosen.get("product")
        values = values_of(
            measure, product_id=product.pk if product else None, most=chosen.get("last") or COUNTS[0]
        )
        return Study(measure, values, RULES[chosen.get("rules") or "1"])

    def _charts(self, study: Study) -> dict[str, Any]:
        asked = self.request.GET.copy()
        asked["format"] = "csv"
        charts = {}
        for name, make in PICTURES.items():
            asked["table"] = name
            chart = make(study)
            charts[name] = chart and replace(chart, csv_url=f"?{asked.urlencode()}")
        return charts

    def _download(self, study: Study | None, name: str) -> HttpResponse:
        chart = PICTURES[name](study) if study and name in PICTURES else None
        if chart is None:
            raise Http404
        return csv_response(f"{name}-{study.measure.definition.name}", chart.columns, rows_for_files(chart))


def _figures(study: Study | None) -> dict[str, Any]:
    """The numbers above the pictures, as they are read."""
    if study is None or study.limits is None:
        return {"figures": []}
    limits, capability = study.limits, study.capability
    figures = [
        (_("Values"), str(len(study.values))),
        (_("Mean"), shown(limits.centre)),
        (_("Spread σ"), shown(limits.sigma)),
        (_("Control limits"), f"{shown(limits.lower)} … {shown(limits.upper)}"),
        (_("Signals"), str(len(study.signals))),
    ]
    if capability:
        both = " / ".join("–" if one is None else f"{one:.2f}" for one in (capability.cp, capability.cpk))
        figures.append((_("Cp / Cpk"), both))
    return {"figures": figures}
