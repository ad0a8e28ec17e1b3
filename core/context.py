"""Who is acting, from where: one context variable, set by middleware, API authentication, tasks and commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Acting:
    """The author of what happens now. With nobody known the source is `system`, never nothing."""

    actor: Any = None
    source: str = "system"
    request_id: str = ""
    ip_address: str | None = None
    user_agent: str = ""
    reason: str = ""


NOBODY = Acting()
_acting: ContextVar[Acting] = ContextVar("acting", default=NOBODY)


def acting() -> Acting:
    """Who is acting now."""
    return _acting.get()


@contextmanager
def act_as(**changes: Any) -> Iterator[Acting]:
    """Act with these fields changed (`actor`, `source`, `reason`, …) until the block ends."""
    token = _acting.set(replace(_acting.get(), **changes))
    try:
        yield _acting.get()
    finally:
        _acting.reset(token)


def set_actor(actor: Any, *, source: str | None = None) -> None:
    """Name the actor inside an already opened context: API authentication happens after the middleware."""
    present = _acting.get()
    _acting.set(replace(present, actor=actor, source=source or present.source))
