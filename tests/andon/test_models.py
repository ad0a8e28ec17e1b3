"""What the database refuses, whoever writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from andon.models import AndonEvent
from core.db import constraint_name
from tests.support.factories import LineFactory, MachineFactory, UserFactory

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 3, 2, 8, tzinfo=UTC)
T1, T2 = T0 + timedelta(minutes=5), T0 + timedelta(minutes=30)


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def place():
    machine = MachineFactory()
    return {"line": machine.line, "machine": machine}


def insert(user, place, **values):
    given = {"event_type": "QUALITY", "priority": "LOW", "reported_by": user, "reported_at": T0}
    return AndonEvent.objects.create(**place, **{**given, **values})


def refused(user, place, **values):
    """The constraint that this row hits."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        insert(user, place, **values)
    return constraint_name(caught.value).removeprefix("andon_andonevent_")


def done(step, user, at):
    return {f"{step}_by": user, f"{step}_at": at}


def test_every_whole_life_is_possible(user, place):
    taken, over = done("acknowledged", user, T1), done("resolved", user, T2)
    off = done("cancelled", user, T2) | {"cancel_reason": "By mistake"}
    insert(user, place, status="RESOLVED", **over)
    insert(user, place, status="RESOLVED", **taken, **over)
    insert(user, place, status="CANCELLED", **off)
    insert(user, place, status="CANCELLED", **taken, **off)
    insert(user, place, status="ACKNOWLEDGED", **taken)


@pytest.mark.parametrize("status", ["OPEN", "ACKNOWLEDGED"])
def test_one_open_call_per_place_and_type(user, place, status):
    taken = done("acknowledged", user, T1)
    insert(user, place, status=status, **(taken if status == "ACKNOWLEDGED" else {}))
    assert refused(user, place) == "one_open_per_place_and_type"
    assert refused(user, place, status="ACKNOWLEDGED", **taken) == "one_open_per_place_and_type"
    insert(user, place, event_type="SAFETY")
    insert(user, {**place, "machine": None})
    insert(user, {**place, "machine": MachineFactory(line=place["line"])})


def test_one_open_call_of_a_whole_line(user):
    place = {"line": LineFactory(), "machine": None}
    insert(user, place)
    assert refused(user, place) == "one_open_per_place_and_type"
    insert(user, {"line": LineFactory(), "machine": None})


@pytest.mark.parametrize(
    ("column", "constraint"), [("event_type", "type_known"), ("priority", "priority_known")]
)
def test_words_are_known(user, place, column, constraint):
    assert refused(user, place, **{column: "PARTY"}) == constraint


@pytest.mark.parametrize(
    ("status", "steps"),
    [
        ("SHELVED", []),
        ("OPEN", ["acknowledged"]),
        ("OPEN", ["resolved"]),
        ("OPEN", ["cancelled"]),
        ("ACKNOWLEDGED", []),
        ("ACKNOWLEDGED", ["acknowledged", "resolved"]),
        ("ACKNOWLEDGED", ["acknowledged", "cancelled"]),
        ("RESOLVED", []),
        ("RESOLVED", ["acknowledged"]),
        ("RESOLVED", ["resolved", "cancelled"]),
        ("CANCELLED", []),
        ("CANCELLED", ["resolved", "cancelled"]),
    ],
)
def test_the_clocks_fit_the_status(user, place, status, steps):
    clocks = {key: value for step in steps for key, value in done(step, user, T1).items()}
    assert refused(user, place, status=status, cancel_reason="x", **clocks) == "clocks_fit_status"


@pytest.mark.parametrize(
    ("status", "step"),
    [("ACKNOWLEDGED", "acknowledged"), ("RESOLVED", "resolved"), ("CANCELLED", "cancelled")],
)
def test_every_step_is_signed(user, place, status, step):
    values = {"status": status, "cancel_reason": "x", f"{step}_at": T1}
    assert refused(user, place, **values) == "every_step_signed"
    assert refused(user, place, **{f"{step}_by": user}) == "every_step_signed"


@pytest.mark.parametrize(
    "clocks",
    [
        {"acknowledged": T0 - timedelta(seconds=1)},
        {"resolved": T0 - timedelta(seconds=1)},
        {"cancelled": T0 - timedelta(seconds=1)},
        {"acknowledged": T2, "resolved": T1},
        {"acknowledged": T2, "cancelled": T1},
    ],
)
def test_the_clocks_run_forward(user, place, clocks):
    values = {key: value for step, at in clocks.items() for key, value in done(step, user, at).items()}
    values |= {"status": list(clocks)[-1].upper(), "cancel_reason": "x"}
    assert refused(user, place, **values) == "clocks_run_forward"


def test_nothing_is_cancelled_without_a_reason(user, place):
    values = {"status": "CANCELLED", **done("cancelled", user, T1)}
    assert refused(user, place, **values) == "cancelled_for_a_reason"


def test_what_has_calls_stays(user, place):
    insert(user, place)
    for row in (place["machine"], place["line"], user):
        with pytest.raises(ProtectedError):
            row.delete()
