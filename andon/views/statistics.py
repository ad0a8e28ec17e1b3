"""How calls were answered, in pictures, tables and downloads."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from andon.charts import TABLES, charts
from andon.selectors.statistics import Statistics, statistics
from andon.views.board import CallPage
from core.csv_files import csv_response

PERIODS = {"1": _("Last 24 hours"), "7": _("7 days"), "30": _("30 days"), "90": _("90 days")}
USUAL = "30"


class StatisticsView(CallPage):
    """`?days=` and `?line=` choose; `?table=…&format=csv` downloads one table."""

    @cached_property
    def days(self) -> str:
        asked = self.request.GET.get("days", USUAL)
        return asked if asked in PERIODS else USUAL

    @cached_property
    def now(self) -> datetime:
        return timezone.now()

    @cached_property
    def told(self) -> Statistics:
        start = self.now - timedelta(days=int(self.days))
        return statistics(start=start, end=self.now, line=self.line, now=self.now)

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.GET.get("format") == "csv":
            return self._download(request.GET.get("table", ""))
        with timezone.override(self.zone):
            shown = charts(self.told, lambda name: self._address(table=name, format="csv"))
        periods = [self._period(days, label) for days, label in PERIODS.items()]
        return self.page(
            "andon/statistics.html", told=self.told, charts=shown, periods=periods, days=self.days
        )

    def _download(self, name: str) -> HttpResponse:
        if name not in TABLES:
            raise Http404
        with timezone.override(self.zone):
            table = TABLES[name](self.told)
        return csv_response(f"andon-{name}", table.columns, table.rows)

    def _period(self, days: str, label: Any) -> dict[str, Any]:
        return {"label": label, "url": self._address(days=days), "active": days == self.days}

    def _address(self, **changes: str) -> str:
        asked = {"line": str(self.line.pk) if self.line else "", "days": self.days, **changes}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{reverse('andon:statistics')}?{query}"
