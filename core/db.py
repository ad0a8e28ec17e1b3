"""The four steps of every write: lock, ensure, conflict_as, emit (see docs/architecture.md)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction
from django.dispatch import Signal

from core.errors import DomainError, InvalidTransition

M = TypeVar("M", bound=models.Model)


def lock(model: type[M], pk: Any) -> M:
    """The row, locked until the transaction ends. Raises `model.DoesNotExist`.

    FOR NO KEY UPDATE OF self: a plain FOR UPDATE on a parent would block inserts of its children.
    """
    return model._default_manager.select_for_update(no_key=True, of=("self",)).get(pk=pk)


def ensure(obj: models.Model, target: str) -> None:
    """TRANSITIONS of the model allows its status to become `target`, or InvalidTransition (409)."""
    present = obj.status  # type: ignore[attr-defined]
    allowed = obj.TRANSITIONS  # type: ignore[attr-defined]
    if target not in allowed.get(present, ()):
        raise InvalidTransition(present=str(present), target=str(target))


@contextmanager
def conflict_as(error: type[DomainError], *constraints: str) -> Iterator[None]:
    """A savepoint in which the violation of one of these named constraints becomes `error`."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as exc:
        if constraint_name(exc) in constraints:
            raise error() from exc
        raise


def constraint_name(exc: IntegrityError) -> str | None:
    """The constraint PostgreSQL says was violated."""
    diagnosis = getattr(exc.__cause__, "diag", None)
    return diagnosis.constraint_name if diagnosis else None


def emit(signal: Signal, **payload: Any) -> None:
    """Announce what happened, after commit; a failing listener is logged and stops nobody."""
    transaction.on_commit(lambda: signal.send_robust(sender=None, **payload), robust=True)
