"""The board of open calls, the history of one, and the wall that everybody sees."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from andon.board import Card, cards, counts
from andon.models import AndonEvent
from andon.selectors import deeds_of, unseen_notices
from andon.steps import Step
from equipment.models import Line
from equipment.views.sheets import PlantPage, zone_of

VERBS = ("add", "acknowledge", "resolve", "cancel", "escalate")
NOTICES = 20  # that one person is shown at a time
WALL_ROOM = 8  # calls that a screen shows without scrolling


class CallPage(PlantPage):
    """Who may see calls may see these pages. `?line=` shows one line alone."""

    permission = "andon.view_andonevent"

    @cached_property
    def line(self) -> Line | None:
        text = self.request.GET.get("line", "")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Http404
        return get_object_or_404(Line.objects.select_related("area__site"), pk=text)

    @cached_property
    def lines(self) -> list[Line]:
        return list(Line.objects.filter(enabled=True))

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.line)

    def cards(self) -> list[Card]:
        return cards(lines=[self.line] if self.line else self.lines, now=timezone.now())

    def page(self, template: str, **context: Any) -> HttpResponse:
        with timezone.override(self.zone):
            return render(self.request, template, {"line": self.line, "lines": self.lines, **context})


class BoardView(CallPage):
    """The open calls with their clocks, who is on each, and what may be done about it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        shown = self.cards()
        may = {verb: request.user.has_perm(f"andon.{verb}_andonevent") for verb in VERBS}
        wanted = request.headers.get("HX-Target") == "andon-board"
        template = "andon/_board.html" if wanted else "andon/board.html"
        context = {"counts": counts(shown), "may": may, "address": self._address()}
        notices = list(unseen_notices(user=request.user)[:NOTICES])
        return self.page(template, cards=shown, notices=notices, **context)

    def _address(self) -> str:
        query = f"?line={self.line.pk}" if self.line else ""
        return reverse("andon:board") + query


class WallView(CallPage):
    """For a screen at ten metres: large, without controls, as much as fits."""

    def get(self, request: HttpRequest) -> HttpResponse:
        shown = self.cards()
        wanted = request.headers.get("HX-Target") == "andon-wall"
        template = "andon/_wall.html" if wanted else "andon/wall.html"
        room = {"cards": shown[:WALL_ROOM], "more": max(0, len(shown) - WALL_ROOM)}
        return self.page(template, **room, counts=counts(shown))


class HistoryView(CallPage):
    """Everything that was done about one call, and what its ladder still has to come."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        call = get_object_or_404(AndonEvent.objects.with_people().select_related("line__area__site"), pk=pk)
        template = "andon/_history.html" if self.is_fragment else "andon/sheet.html"
        with timezone.override(zone_of(call.line)):
            deeds = [{"row": row, "step": Step.of(row)} for row in deeds_of(call)]
            context = {"call": call, "deeds": deeds, "steps": call.steps.order_by("level")}
            return render(
                request, template, {**context, "sheet": "andon/_history.html", "back": reverse("andon:board")}
            )


class BellView(CallPage):
    """In the bar of every page: how many calls have been handed to this person."""

    def get(self, request: HttpRequest) -> HttpResponse:
        told = unseen_notices(user=request.user).order_by().values("step__event").distinct().count()
        return render(request, "andon/_bell.html", {"told": told})
