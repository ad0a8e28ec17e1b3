"""Where a tablet stands: a line or one of its machines, and the step it serves. Remembered on the tablet, in cookies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from equipment.models import Line, Machine, Site
from production.models import Process

STEP, PLACE = "station_step", "station_place"
A_YEAR = 365 * 24 * 3600
WORDS = re.compile(r"(line|machine)-([0-9]{1,15})\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """A machine and its line, a line alone, or nowhere."""

    line: Line | None = None
    machine: Machine | None = None

    @property
    def site(self) -> Site | None:
        """Whose clock the page shows."""
        return self.line.site if self.line else None

    @property
    def value(self) -> str:
        """As the cookie and the form write it."""
        if self.machine:
            return f"machine-{self.machine.pk}"
        return f"line-{self.line.pk}" if self.line else ""


def lines() -> Any:
    """The lines where a tablet may stand, each with its site and its machines."""
    found = Line.objects.filter(enabled=True).select_related("area__site").order_by("line_code")
    return found.prefetch_related("machines")


def place_named(value: str) -> Place:
    """The place this value stands for; nowhere where it no longer exists."""
    words = WORDS.match(value)
    if not words:
        return Place()
    kind, pk = words[1], int(words[2])
    if kind == "line":
        line = Line.objects.filter(enabled=True, pk=pk).select_related("area__site").first()
        return Place(line)
    machines = Machine.objects.filter(is_active=True, line__enabled=True, pk=pk)
    machine = machines.select_related("line__area__site").first()
    return Place(machine.line, machine) if machine else Place()


def remember(response: HttpResponse, name: str, value: object) -> None:
    """On this tablet, for a year."""
    response.set_cookie(
        name, str(value), max_age=A_YEAR, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )


def place_of(request: HttpRequest) -> Place:
    """Where this tablet stands, as it remembers."""
    return place_named(request.COOKIES.get(PLACE, ""))


def step_of(request: HttpRequest) -> Process | None:
    """The step that was served here last, where it is still in use."""
    step = request.COOKIES.get(STEP, "")
    if not re.fullmatch(r"[0-9]{1,15}", step):
        return None
    return Process.objects.active().filter(pk=int(step)).first()
