"""What happened on the plant is announced to every process that holds websockets, after commit: ids only.

One notification per announcement, however many events it speaks of; what changed is read where it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from django.db import connection
from django.dispatch import receiver

from accounts.signals import access_changed
from andon.signals import event_changed, event_raised
from equipment.signals import states_changed
from production.signals import counts_changed, job_changed

CHANNEL = "floor"
MAX_PAYLOAD = 7_900  # bytes; PostgreSQL refuses 8,000


@receiver(states_changed)
def on_states_changed(*, machine_ids: Iterable[int], **_: Any) -> None:
    notify({"machines": sorted(set(machine_ids))})


@receiver(counts_changed)
def on_counts_changed(*, machine_ids: Iterable[int], **_: Any) -> None:
    notify({"machines": sorted(set(machine_ids))})


@receiver(event_raised)
@receiver(event_changed)
def on_call(*, event_id: int, **_: Any) -> None:
    notify({"calls": [event_id]})


@receiver(job_changed)
def on_job_changed(*, machine_id: int, **_: Any) -> None:
    notify({"machines": [machine_id]})


@receiver(access_changed)
def on_access_changed(*, user_id: int, **_: Any) -> None:
    notify({"user": user_id})


def notify(news: dict[str, Any]) -> None:
    """Tell the listeners; a list too long for one notification becomes "look at everything"."""
    payload = orjson.dumps(news)
    if len(payload) > MAX_PAYLOAD:
        payload = orjson.dumps({"everything": True})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload.decode()])
