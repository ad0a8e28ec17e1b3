"""Lock-out after repeated wrong passwords: django-axes counts, here it learns whom to count and how to say it."""

from __future__ import annotations

import math
from typing import Any

from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core.api.problem import problem_response


def account_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Whom an attempt counts against: the account, whether it was called by user name or by e-mail address."""
    given = str((credentials or {}).get("username") or "")
    known: dict[str, str] = request.__dict__.setdefault("account_names", {})
    if given not in known:
        name = User.objects.named(given).values_list("username", flat=True).first()
        known[given] = (name or given).lower()[:255]
    return known[given]


def locked_out(
    request: HttpRequest, original_response: Any = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """429 with the seconds to wait: a problem for programs, a page for people."""
    seconds = _seconds_left(request, credentials)
    minutes = math.ceil(seconds / 60)
    if request.path.startswith("/api"):
        text = _("Too many wrong passwords. Try again in %(minutes)d min.") % {"minutes": minutes}
        response = problem_response(429, text, code="locked_out")
    else:
        response = render(request, "accounts/locked.html", {"cooloff_minutes": minutes}, status=429)
    response["Retry-After"] = str(seconds)
    return response


def forgive(*, user: User) -> None:
    """Forget the wrong passwords of an account whose owner has proved to be one."""
    reset(username=user.get_username().lower()[:255])


def _seconds_left(request: HttpRequest, credentials: dict[str, Any] | None) -> int:
    attempts = AccessAttempt.objects.filter(
        username=account_name(request, credentials), ip_address=request.META.get("REMOTE_ADDR")
    )
    last = attempts.aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    return max(1, math.ceil((last + settings.AXES_COOLOFF_TIME - timezone.now()).total_seconds()))
