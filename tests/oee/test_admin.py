"""Loss policies are kept in the admin; roll-ups are only looked at."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import AuditLog
from oee.actions import roll_up
from oee.models import HourlyRollup, LossPolicy, RolledHour
from tests.oee.plant import at, make_line, state
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(UserFactory(role="admin"))
    return client


@pytest.fixture
def line(db):
    """Two rolled hours."""
    line = make_line()
    state(line.machines.get(), "RUNNING", at(-60))
    assert roll_up(machine=line.machines.get(), start=at(0), end=at(120)) == 2
    return line


def values(line, **changes) -> dict:
    return {
        "site": line.area.site_id, "minor_stop_seconds": 120, "minor_stops": "AVAILABILITY", "setup": "PLANNED",
        "starved_blocked": "PERFORMANCE", "idle": "BUSY", "unknown_time": "EXCLUDED", "valid_from": "2026-01-01",
    } | changes  # fmt: skip


def test_a_policy_is_added_entered_in_the_trail_and_un_rolls(admin, line):
    answer = admin.post(reverse("admin:oee_losspolicy_add"), values(line))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    policy = LossPolicy.objects.get()
    assert (policy.minor_stop_seconds, policy.setup) == (120, "PLANNED")
    assert AuditLog.objects.filter(entity_type="loss_policies", action="CREATE").count() == 1
    assert not RolledHour.objects.exists()
    assert admin.get(reverse("admin:oee_losspolicy_changelist")).status_code == 200


@pytest.mark.parametrize(
    "change", [{"minor_stop_seconds": 86_401}, {"minor_stop_seconds": -1}, {"valid_from": ""}]
)
def test_a_policy_that_cannot_be_is_refused_in_words(admin, line, change):
    answer = admin.post(reverse("admin:oee_losspolicy_add"), values(line, **change))
    assert (answer.status_code, list(answer.context["adminform"].form.errors)) == (200, list(change))
    assert not LossPolicy.objects.exists()


def test_roll_ups_are_seen_and_not_written(admin, line):
    assert admin.get(reverse("admin:oee_hourlyrollup_changelist")).status_code == 200
    assert admin.get(reverse("admin:oee_hourlyrollup_add")).status_code == 403
    row = HourlyRollup.objects.first()
    assert admin.get(reverse("admin:oee_hourlyrollup_change", args=[row.pk])).status_code == 200
    assert (
        admin.post(reverse("admin:oee_hourlyrollup_delete", args=[row.pk]), {"post": "yes"}).status_code
        == 403
    )
