"""A worker is killed in the middle of its work: nothing is lost, every step fires once, every message arrives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as product
from django.db import connection
from django.utils import timezone

from andon.actions import ladder, outbox
from andon.models import EscalationStep, Notification
from audit.models import AuditLog
from tests.andon.calls import call
from tests.andon.policies import policy
from tests.andon.sinks import Mailbox, smtp
from tests.concurrency.test_escalation import no_jobs_of_others  # noqa: F401  empties the queue afterwards
from tests.support.factories import LineFactory, MachineFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
CALLS, HANDS = 40, 4
PATIENCE = 120  # seconds


def address() -> str:
    """The test's own database."""
    named = urlsplit(os.environ["DATABASE_URL"])
    return named._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


@contextmanager
def worker(port: int) -> Iterator[subprocess.Popen]:
    """A worker as in production; killed at the end, as a power cut does it."""
    root = Path(product.BASE_DIR)
    command = [sys.executable, "manage.py", "procrastinate", "worker", "--concurrency", str(HANDS)]
    env = os.environ | {
        "DATABASE_URL": address(),
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "LOG_LEVEL": "ERROR",
    }
    process = subprocess.Popen([*command, "--fetch-job-polling-interval", "0.2"], cwd=root, env=env)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def until(done, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


class SlowMailbox(Mailbox):
    """Takes its time, so that there is a middle to be killed in."""

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        time.sleep(0.03)
        return await super().handle_DATA(server, session, envelope)


def test_a_killed_worker_loses_nothing_and_fires_nothing_twice(settings):
    UserFactory(role="shift_manager")
    policy((0, "REPORTED", ["shift_manager"], ["EMAIL"]))
    lines = [LineFactory() for _ in range(4)]
    for number in range(CALLS):
        call(MachineFactory(line=lines[number % 4]))
    with smtp(settings, SlowMailbox()) as box:
        with worker(settings.EMAIL_PORT):
            until(lambda: len(box.messages) >= CALLS // 4, "the first worker sends nothing")
        before = len(box.messages)
        assert before < CALLS, "it was killed too late"
        # What the minutes after it bring: leases run out, and the sweep finds what has lost its job.
        Notification.objects.filter(sending_since__isnull=False).update(
            sending_since=timezone.now() - outbox.LEASE - timedelta(seconds=1)
        )
        ladder.sweep()
        outbox.sweep()
        with worker(settings.EMAIL_PORT):
            until(
                lambda: Notification.objects.filter(status="SENT").count() == CALLS, "not everything is sent"
            )
    assert Counter(EscalationStep.objects.values_list("status", flat=True)) == {"FIRED": CALLS}
    fired = Counter(
        AuditLog.objects.filter(action="andon.event.escalated").values_list("entity_id", flat=True)
    )
    assert len(fired) == CALLS and set(fired.values()) == {1}
    sent = Counter(mail["Message-ID"] for mail in box.messages)
    assert len(sent) == CALLS
    assert (
        sum(sent.values()) - CALLS <= HANDS
    )  # those that were in its hands; servers know the twin by its name
