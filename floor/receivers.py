"""What happened on the plant is announced to every process that holds websockets: nobody hears of it before the commit.

States and counts are named by ids, one notification however many there are; what changed is read where it is shown. A
single deed, such as a call for help, is said in full, so that nobody has to look it up before people hear of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from django.db import connection
from django.dispatch import receiver

from accounts.signals import access_changed
from andon.api.serializers import AndonEventSerializer
from andon.models import AndonEvent
from andon.signals import event_changed, event_raised
from core.api.renderers import dumps
from equipment.signals import states_changed
from production.api.plan_serializers import JobAssignmentSerializer
from production.models import JobAssignment
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
    """A call as it stands after the commit; one too long to be said is looked up by who listens."""
    call = AndonEvent.objects.filter(pk=event_id, line__enabled=True).with_people().first()
    if call is None:
        return
    data = AndonEventSerializer(call).data
    if not say("andon_event", line_id=call.line_id, machine_id=call.machine_id, data=data):
        notify({"calls": [event_id]})


@receiver(job_changed)
def on_job_changed(*, job_id: int, machine_id: int, **_: Any) -> None:
    """A job as it stands after the commit; of one that is gone or too long to be said, its line is looked at."""
    job = JobAssignment.objects.with_all().filter(pk=job_id, schedule__line__enabled=True).first()
    data = {"job_id": job_id, **JobAssignmentSerializer(job).data} if job else {}
    if not job or not say("job_update", line_id=job.schedule.line_id, machine_id=machine_id, data=data):
        notify({"machines": [machine_id]})


@receiver(access_changed)
def on_access_changed(*, user_id: int, **_: Any) -> None:
    notify({"user": user_id})


def say(kind: str, *, line_id: int, data: dict[str, Any], machine_id: int | None = None) -> bool:
    """Have everybody who watches this line or machine told `data`, as a message of this type; False if it is too long.

    Within a transaction nobody hears of it before the commit, and what concerns one line is heard in its order.
    """
    payload = dumps({"say": {"type": kind, "line": line_id, "machine": machine_id, "data": data}})
    if len(payload) > MAX_PAYLOAD:
        return False
    _send(payload)
    return True


def notify(news: dict[str, Any]) -> None:
    """Tell the listeners; a list too long for one notification becomes "look at everything"."""
    payload = orjson.dumps(news)
    if len(payload) > MAX_PAYLOAD:
        payload = orjson.dumps({"everything": True})
    _send(payload)


def _send(payload: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload.decode()])
