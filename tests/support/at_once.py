"""Several at the same moment, each on a connection of its own. For tests that commit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import IntegrityError, connection

from core.errors import DomainError


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each call returns, or the code of its refusal; `constraint` where only the table refused it."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=30)
            return call()
        except DomainError as refusal:
            return refusal.code
        except IntegrityError:
            return "constraint"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
