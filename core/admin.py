"""The kit of the managers' admin: what was typed is kept, who deletes or switches says why, the audit trail tells it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected as djangos_delete_selected
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.paginator import InfinitePaginator

from core.context import act_as

REASON_LENGTH = 500
Action = Callable[[Any, HttpRequest, Any], HttpResponse | None]


def reason_of(request: HttpRequest) -> str:
    """Why, as written on the page that asked."""
    return request.POST.get("reason", "").strip()[:REASON_LENGTH]


def ask_for_reason(request: HttpRequest) -> None:
    messages.error(request, _("Say why: the reason is kept in the audit trail."))


def asks_why(action: Action) -> Action:
    """A bulk action that first shows what it is about to touch and asks for the reason; its entries bear it."""

    @wraps(action)
    def asking(model_admin: Any, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        reason = reason_of(request)
        if not reason:
            if "post" in request.POST:
                ask_for_reason(request)
            return _why_page(model_admin, request, queryset, asking)
        with act_as(reason=reason), transaction.atomic():
            return action(model_admin, request, queryset)

    return asking


def _why_page(model_admin: Any, request: HttpRequest, queryset: Any, action: Any) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": action.short_description,
        "opts": model_admin.opts,
        "media": model_admin.media,
        "rows": queryset,
        "action_name": request.POST["action"],
    }
    return TemplateResponse(request, "admin/why.html", context)


def switch(description: Any, **values: Any) -> Action:
    """A bulk action that sets plain columns, row by row, each entered in the audit trail with the reason."""

    @admin.action(description=description, permissions=["change"])
    @asks_why
    def switched(model_admin: Any, request: HttpRequest, queryset: Any) -> None:
        for row in queryset:
            for name, value in values.items():
                setattr(row, name, value)
            row.save()
        messages.success(request, _("Done: %(count)d changed.") % {"count": len(queryset)})

    switched.__name__ = "switch_" + "_".join(f"{name}_{value}" for name, value in values.items()).lower()
    return switched


@admin.action(description=gettext_lazy("Delete selected %(verbose_name_plural)s"), permissions=["delete"])
def delete_selected(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """Django's, with a reason: without one the page that shows what would go is shown again."""
    reason = reason_of(request)
    if "post" in request.POST and not reason:
        ask_for_reason(request)
        unanswered = request.POST.copy()  # Django's own can only be read
        del unanswered["post"]
        request.POST = unanswered  # type: ignore[assignment]
    with act_as(reason=reason):
        return djangos_delete_selected(model_admin, request, queryset)


class Missing(admin.SimpleListFilter):
    """Narrows a list to rows that lack something, as `rows()` finds them."""

    words: Any = ""

    def rows(self) -> QuerySet[Any]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("missing", self.words)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(pk__in=self.rows().values("pk")) if self.value() else queryset


class ModelAdmin(UnfoldModelAdmin):
    """Master data as managers keep it."""

    warn_unsaved_form = True
    list_filter_submit = True

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Asks why before anything is deleted."""
        reason = reason_of(request)
        if request.method == "POST" and not reason and self.has_delete_permission(request):
            ask_for_reason(request)
            return redirect(request.get_full_path())
        with act_as(reason=reason):
            return super().delete_view(request, object_id, extra_context)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit trail has it from the signals; Django's own log would tell less of the same."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """As above."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """As above."""


class ReadOnlyAdmin(ModelAdmin):
    """What happened: to read, whatever the role. Its table may be too large to count."""

    actions = None
    list_per_page = 50
    paginator = InfinitePaginator
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
