"""What people do about calls, each on a sheet over the board; to say "I am on it" takes one touch."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from andon import actions
from andon.forms import CancelForm, RaiseForm, ResolveForm
from andon.models import AndonEvent
from core.errors import DomainError
from equipment.models import Line
from equipment.views.sheets import CHANGED, PlantPage, SheetView, zone_of


def _call(pk: int) -> AndonEvent:
    return get_object_or_404(AndonEvent.objects.with_people().select_related("line__area__site"), pk=pk)


class AcknowledgeView(PlantPage):
    """One touch; whoever was faster is named."""

    permission = "andon.acknowledge_andonevent"
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            actions.acknowledge(event=_call(pk), actor=request.user)
        except DomainError as refused:
            messages.error(request, self._why(pk, refused))
            return self._back(refused=True)
        return self._back(refused=False)

    def _why(self, pk: int, refused: DomainError) -> str:
        name = _call(pk).acknowledged_by
        return _("%(name)s is on it already.") % {"name": name} if name else refused.detail

    def _back(self, *, refused: bool) -> HttpResponse:
        board = reverse("andon:board")
        if not self.is_fragment:
            return redirect(board)
        return HttpResponse(
            status=204, headers={"HX-Redirect": board} if refused else {"HX-Trigger": CHANGED}
        )


class SeenView(PlantPage):
    """Wave away what the page told this person; the calls stay on the board."""

    permission = "andon.view_andonevent"
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        actions.see(user=request.user)
        if self.is_fragment:
            return HttpResponse(status=204, headers={"HX-Trigger": CHANGED})
        return redirect(reverse("andon:board"))


class CallSheet(SheetView):
    """A sheet about one call."""

    template = "andon/_form.html"

    @cached_property
    def call(self) -> AndonEvent:
        return _call(self.kwargs["pk"])

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.call.line)

    def context(self) -> dict[str, Any]:
        return {"call": self.call}

    def back(self) -> str:
        return reverse("andon:board")


class ResolveView(CallSheet):
    permission = "andon.resolve_andonevent"
    form_class = ResolveForm
    title = gettext_lazy("The trouble is over")
    submit = gettext_lazy("It is over")
    done = gettext_lazy("The call is over.")

    def act(self, data: dict[str, Any]) -> None:
        actions.resolve(event=self.call, actor=self.request.user, **data)


class CancelView(CallSheet):
    permission = "andon.cancel_andonevent"
    form_class = CancelForm
    title = gettext_lazy("It was no trouble")
    submit = gettext_lazy("Cancel the call")
    done = gettext_lazy("The call is cancelled.")

    def act(self, data: dict[str, Any]) -> None:
        actions.cancel(event=self.call, actor=self.request.user, **data)


class EscalateView(CallSheet):
    permission = "andon.escalate_andonevent"
    title = gettext_lazy("Tell the next level now")
    submit = gettext_lazy("Tell them now")
    done = gettext_lazy("The next level is told.")

    def context(self) -> dict[str, Any]:
        """Who will be told, or that there is nobody above."""
        step = self.call.steps.pending().order_by("level").first()
        if step is None:
            return {**super().context(), "about": _("There is no level above: everybody has been told.")}
        words = {"level": step.level, "roles": ", ".join(step.role_names)}
        about = _("Level %(level)s: %(roles)s.") % words
        return {**super().context(), "about": about}

    def act(self, data: dict[str, Any]) -> None:
        actions.escalate(event=self.call, actor=self.request.user)


class RaiseView(SheetView):
    """Somebody needs help: type and place, and it is sent."""

    permission = "andon.add_andonevent"
    template = "andon/_form.html"
    form_class = RaiseForm
    title = gettext_lazy("Call for help")
    submit = gettext_lazy("Call")
    done = gettext_lazy("Help is called.")
    names = {"line_id": "line", "equipment_code": "machine"}

    @cached_property
    def line(self) -> Line | None:
        text = self.request.GET.get("line", "")
        known = text.isascii() and text.isdigit() and len(text) < 19
        return Line.objects.select_related("area__site").filter(pk=text).first() if known else None

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.line)

    def form(self, *args: Any) -> Form:
        return RaiseForm(*args, initial={"line": self.line})

    def context(self) -> dict[str, Any]:
        return {"address": self.request.get_full_path()}

    def back(self) -> str:
        return reverse("andon:board")

    def act(self, data: dict[str, Any]) -> None:
        actions.raise_event(actor=self.request.user, **data)
