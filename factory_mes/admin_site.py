"""The managers' site: signed in to by the one login page, with its own security policy and the audit trail as history."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.apps import apps
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.options import TO_FIELD_VAR
from django.contrib.admin.utils import unquote
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite

# Alpine, which moves unfold's pages, compiles its expressions and sets styles: allowed here and nowhere else.
ADMIN_POLICY = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}
HISTORY_PAGE = 50
LONGEST_YEAR = 4  # digits


def plant_zone() -> ZoneInfo:
    """The zone of the first line's site, as on the floor; of the first site where there is no line yet."""
    from equipment.models import Line, Site

    line = Line.objects.filter(enabled=True).select_related("area__site").first()
    site = line.site if line else Site.objects.first()
    return site.zone if site else ZoneInfo("UTC")


def in_plant_zone(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view, made and written in the plant's time."""

    @wraps(view)
    def shown(*args: Any, **kwargs: Any) -> HttpResponse:
        with timezone.override(plant_zone()):
            response: HttpResponse = view(*args, **kwargs)
            return response.render() if isinstance(response, TemplateResponse) else response

    return shown


def in_readable_words(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view, spared the address parts that Django's admin reads unseen: no field's name, a day of no calendar."""

    @wraps(view)
    def read(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        dates = (
            value for name, value in request.GET.items() if name.endswith(("__year", "__month", "__day"))
        )
        if any(len(value) > LONGEST_YEAR for value in dates):
            raise BadRequest
        if "" in (request.GET.get(TO_FIELD_VAR), request.POST.get(TO_FIELD_VAR)):
            raise BadRequest
        response: HttpResponse = view(request, *args, **kwargs)
        return response

    return read


class ManagersSite(UnfoldAdminSite):
    """Whom it opens for, User.is_staff says; what it shows, the table of roles."""

    def __init__(self, name: str = "admin") -> None:
        from core.admin import delete_selected

        super().__init__(name)
        self.add_action(delete_selected)  # instead of Django's

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        return csp_replace(ADMIN_POLICY)(
            in_plant_zone(super().admin_view(in_readable_words(view), cacheable))
        )

    def get_urls(self) -> list[Any]:
        history = self.admin_view(self.history)
        address = "<slug:app_label>/<slug:model_name>/<path:object_id>/history/"
        return [path(address, history, name="history"), *super().get_urls()]

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The way to the login page and back; who is signed in and not meant is told so."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
        if self.has_permission(request):
            return redirect("admin:index")
        words = _("The managers' pages are not part of this role's work: everything for it is on the floor.")
        return TemplateResponse(request, "403.html", {"detail": words}, status=403)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One door for one's own password: the page that counts wrong guesses and ends every other sign-in."""
        return redirect("accounts:password-change")

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Unfold reads the page number unseen."""
        if request.GET.get("page", "1") != "1":
            raise Http404
        return super().search(request, extra_context)

    def history(self, request: HttpRequest, app_label: str, model_name: str, object_id: str) -> HttpResponse:
        """What the audit trail tells about one object, newest first; also when the object is gone."""
        from audit.selectors import history_of

        model_admin = self._model_admin(app_label, model_name)
        if not (request.user.has_perm("audit.view_auditlog") and model_admin.has_view_permission(request)):
            raise PermissionDenied
        key = unquote(object_id)
        found = model_admin.get_object(request, key)
        entries = history_of(found or model_admin.model(pk=key)).order_by("-id")
        if found is None and not entries.exists():
            raise Http404
        context = {
            **self.each_context(request),
            "title": _("History: %(name)s") % {"name": found or entries[0].entity_repr},
            "opts": model_admin.opts,
            "object": found,
            "page": Paginator(entries, HISTORY_PAGE).get_page(request.GET.get("p")),
        }
        return TemplateResponse(request, "admin/object_history.html", context)

    def _model_admin(self, app_label: str, model_name: str) -> Any:
        try:
            return self.get_model_admin(apps.get_model(app_label, model_name))
        except (LookupError, NotRegistered) as exc:
            raise Http404 from exc
