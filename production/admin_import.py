"""Importing production logs in the managers' admin: upload, dry run with its report, then for real."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from core.admin import ModelAdmin
from core.errors import DomainError
from core.templatetags.ui import amount, percent
from production.choices import ImportStatus
from production.importer import uploads
from production.importer.forms import ImportForm
from production.importer.imports import confirm_import, request_import
from production.models import ProductionLogImport


@admin.register(ProductionLogImport)
class ProductionLogImportAdmin(ModelAdmin):
    """Adding one is importing; what came of it can only be read."""

    list_display = ("created_at", "line", "dry_run", "status", "progress", "created_by")
    list_filter = ("status", "dry_run", "line")
    list_select_related = ("line", "created_by")
    show_full_result_count = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        confirm = self.admin_site.admin_view(self.confirm_view)
        name = "production_productionlogimport_confirm"
        return [path("<int:import_id>/confirm/", confirm, name=name), *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The upload form."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            row = request_import(actor=request.user, **form.request())
            return HttpResponseRedirect(self._page_of(row))
        return self._render(request, "production/import.html", _("Import a production log"), {"form": form})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """How far the import is, and its report; only that part for a page that asks again."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        is_fragment = request.headers.get("HX-Request") == "true"
        template = "production/_import_report.html" if is_fragment else "production/import_report.html"
        return self._render(
            request, template, _("Import into %(line)s") % {"line": row.line}, report_context(row)
        )

    def confirm_view(self, request: HttpRequest, import_id: int) -> HttpResponse:
        """Import for real what a dry run has shown."""
        if request.method != "POST" or not self.has_add_permission(request):
            raise PermissionDenied
        row = self.get_object(request, str(import_id))
        if row is None:
            raise Http404
        try:
            row = confirm_import(dry_run=row, actor=request.user)
        except DomainError as exc:
            messages.error(request, exc.detail)
        return HttpResponseRedirect(self._page_of(row))

    def _page_of(self, row: ProductionLogImport) -> str:
        return reverse("admin:production_productionlogimport_change", args=[row.pk])

    def _render(
        self, request: HttpRequest, template: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        shared["may_import"] = self.has_add_permission(request)
        return TemplateResponse(request, template, {**shared, **context})


def report_context(row: ProductionLogImport) -> dict[str, Any]:
    """The import and its report in tables."""
    report, is_done = row.report or {}, row.status == ImportStatus.DONE
    return {
        "job": row,
        "report": report,
        "is_waiting": row.status in (ImportStatus.PENDING, ImportStatus.RUNNING),
        "is_done": is_done,
        "can_confirm": row.dry_run and is_done and uploads.are_there(row.files),
        "findings": _findings(report),
        "unseen": sum(report.get("counts", {}).values()) - len(report.get("errors", ())),
        "pareto": _pareto(report),
        "groups": [_group(report, "operator", _("Operator")), _group(report, "product", _("Product"))],
    }


def _findings(report: dict[str, Any]) -> dict[str, Any]:
    words = {"error": _("Error: left out"), "warning": _("Warning"), "info": _("Handled")}
    rows = [
        [
            words[item["severity"]],
            item["file"],
            item["row"] or "–",
            item["column"],
            item["value"],
            item["message"],
        ]
        for item in report.get("errors", ())
    ]
    return {
        "headers": [_("Kind"), _("File"), _("Row"), _("Column"), _("Value"), _("What was found and done")],
        "rows": rows,
    }


def _pareto(report: dict[str, Any]) -> dict[str, Any]:
    rows = [
        [
            row["name"],
            amount(row["minutes"]),
            percent(row["share"]),
            row["count"],
            _("yes") if row["is_operator_error"] else _("no"),
        ]
        for row in report.get("totals", {}).get("stops", ())
    ]
    return {"headers": [_("Factor"), _("Minutes"), _("Share"), _("Stops"), _("Operator error")], "rows": rows}


def _group(report: dict[str, Any], key: str, title: str) -> dict[str, Any]:
    rows = [
        [row[key] or "–", row["batches"], amount(row["busy_minutes"]), amount(row["stop_minutes"]),
         percent(row["availability"]), percent(row["performance"]), percent(row["oee"])]
        for row in report.get("totals", {}).get(f"{key}s", ())
    ]  # fmt: skip
    headers = [
        title,
        _("Batches"),
        _("Busy (min)"),
        _("Stops (min)"),
        _("Availability"),
        _("Performance"),
        _("OEE"),
    ]
    return {"headers": headers, "rows": rows}
