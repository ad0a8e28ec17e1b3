"""Is it alive: /health for load balancers, /health/detailed for people, /metrics for Prometheus."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from core.api.problem import problem_response
from floor.live import is_listening

HEARTBEAT = timedelta(seconds=60)  # a worker that has not beaten for this long is gone


def database() -> dict[str, Any]:
    """One trip to the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"status": "ok"}


def migrations() -> dict[str, Any]:
    """Whether the tables are those of this version."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return {"status": "error" if missing else "ok", "unapplied": len(missing)}


def queue() -> dict[str, Any]:
    """Whether a worker lives, and how long the oldest due job has waited."""
    alive = ProcrastinateWorker.objects.filter(last_heartbeat__gte=timezone.now() - HEARTBEAT).count()
    waiting = ProcrastinateJob.objects.filter(status="todo", scheduled_at__isnull=True).count()
    return {"status": "ok" if alive else "error", "workers": alive, "waiting": waiting}


def realtime() -> dict[str, Any]:
    """Whether the push listens to the database."""
    listening = is_listening()
    return {"status": "ok" if listening else "error", "listening": listening}


CHECKS: dict[str, Callable[[], dict[str, Any]]] = {
    "database": database,
    "migrations": migrations,
    "queue": queue,
    "realtime": realtime,
}


def run(check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The check's answer; a database that is gone is an answer too."""
    try:
        return check()
    except DatabaseError as exc:
        return {"status": "error", "error": type(exc).__name__}


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 {"status": "ok"}, or 503 where requests could not be served."""
    result = run(database)
    return JsonResponse({"status": result["status"]}, status=200 if result["status"] == "ok" else 503)


@never_cache
@require_safe
def detailed(request: HttpRequest) -> HttpResponse:
    """Every part with its state; 503 where the database or its tables are not in order."""
    parts = {name: run(check) for name, check in CHECKS.items()}
    serving = all(parts[name]["status"] == "ok" for name in ("database", "migrations"))
    whole = (
        "ok" if all(part["status"] == "ok" for part in parts.values()) else "degraded" if serving else "error"
    )
    body = {"status": whole, "version": settings.VERSION, "checks": parts}
    return JsonResponse(body, status=200 if serving else 503)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics: open in the demo, else behind `Authorization: Bearer METRICS_TOKEN`."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    token = settings.METRICS_TOKEN.encode()
    if not ((token and hmac.compare_digest(given, token)) or (settings.DEMO and not token)):
        return problem_response(403, "METRICS_TOKEN is needed.", code="forbidden")
    return ExportToDjangoView(request)
