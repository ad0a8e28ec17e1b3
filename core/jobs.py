"""Background jobs act as `task`: the worker wraps every job in this (settings.PROCRASTINATE_WORKER_DEFAULTS)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.context import act_as


def job_middleware(call_next: Callable[[], Any], context: Any, worker: Any) -> Any:
    """Open the acting context of one job; its id stands where a request has its request id."""
    with act_as(
        actor=None, source="task", request_id=f"job-{context.job.id}", ip_address=None, user_agent=""
    ):
        return call_next()
