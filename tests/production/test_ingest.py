"""The door for machines: every good event kept once, every bad one told why, never a 500."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.models import AuditLog
from equipment.choices import EventLayer
from equipment.models import MachineState, StateEvent
from production.actions import ingest_events
from production.models import CounterReading, ProductionCount
from production.signals import counts_recorded
from tests.support.api import client_for
from tests.support.factories import MachineFactory, StopReasonFactory
from tests.support.production_factories import (
    INGEST,
    ProductFactory,
    after,
    count_event,
    counter_event,
    state_event,
)

pytestmark = pytest.mark.django_db

NDJSON = "application/x-ndjson"
JSON = "application/json"


@pytest.fixture
def machine():
    return MachineFactory(equipment_code="Filler-1")


@pytest.fixture
def plc():
    return client_for("integration")


def send(client, *events):
    """The answer to a batch, which must be taken."""
    answer = client.post(INGEST, {"events": list(events)})
    assert answer.status_code == 200, answer.json()
    return answer.json()


def send_bytes(client, body, content_type=JSON):
    return client.generic("POST", INGEST, body, content_type=content_type)


def stored():
    return StateEvent.objects.count(), ProductionCount.objects.count(), CounterReading.objects.count()


# --- what is taken --------------------------------------------------------------------------------------------


def test_states_counts_and_counters_in_one_batch(machine, plc):
    reason, product = StopReasonFactory(code="JAM"), ProductFactory(model_code="Water")
    answer = send(
        plc,
        state_event(machine, 0),
        state_event(machine, 10, state="FAULT", reason_code="jam", ended_at=after(15).isoformat()),
        count_event(machine, 20, product_code="water", good=118, scrap=2, rework=1),
        counter_event(machine, 30, 100, counter="good"),
        counter_event(machine, 40, 130, counter="good"),
    )
    assert answer == {"accepted": 5, "duplicates": 0, "rejected": 0, "errors": []}
    states = machine.states.order_by("started_at").values_list("state", "reason_id", "started_at", "ended_at")
    assert list(states) == [
        ("RUNNING", None, after(0), after(10)),
        ("FAULT", reason.pk, after(10), after(15)),
        ("RUNNING", None, after(15), None),
    ]
    counts = machine.counts.order_by("at").values_list("at", "product_id", "good", "scrap", "rework")
    assert list(counts) == [(after(20), product.pk, 118, 2, 1), (after(40), product.pk, 30, 0, 0)]
    assert set(ProductionCount.objects.values_list("source", flat=True)) == {plc.user.username}


def test_codes_and_words_are_read_in_any_case(machine, plc):
    code = {"equipment_code": "FILLER-1"}
    state = state_event(machine, state="running", **code) | {"kind": "STATE"}
    assert send(plc, state, counter_event(machine, 0, 5, counter="Total", **code))["accepted"] == 2
    assert StateEvent.objects.get().layer == EventLayer.CHANGE


def test_times_keep_their_moment_whatever_the_offset(machine, plc):
    send(plc, count_event(machine, at="2024-03-04T17:00:00+09:00"))
    assert ProductionCount.objects.get().at == datetime(2024, 3, 4, 8, tzinfo=UTC)


def test_lines_are_as_good_as_a_list(machine, plc):
    events = [count_event(machine, minutes) for minutes in range(3)]
    body = "\ufeff" + "\r\n\n".join(json.dumps(event) for event in events) + "\n"
    for content_type in (NDJSON, "application/ndjson"):
        answer = send_bytes(plc, body.encode(), content_type)
        assert answer.status_code == 200
    assert answer.json() == {"accepted": 0, "duplicates": 3, "rejected": 0, "errors": []}
    assert stored() == (0, 3, 0)


def test_a_batch_sent_again_changes_nothing(machine, plc):
    events = [
        state_event(machine),
        count_event(machine, 1),
        counter_event(machine, 2, 7),
        counter_event(machine, 3, 9),
    ]
    first = send(plc, *events)
    before = list(ProductionCount.objects.values()), list(MachineState.objects.values())
    assert (first["accepted"], first["duplicates"]) == (4, 0)
    again = send(plc, *events)
    assert (again["accepted"], again["duplicates"], again["rejected"]) == (0, 4, 0)
    assert (list(ProductionCount.objects.values()), list(MachineState.objects.values())) == before


def test_an_event_twice_in_one_batch_is_a_duplicate(machine, plc):
    event = count_event(machine)
    answer = send(plc, event, {**event, "good": 99}, event)
    assert (answer["accepted"], answer["duplicates"]) == (1, 2)
    assert ProductionCount.objects.get().good == 10


def test_a_bad_twin_does_not_shadow_a_good_event(machine, plc):
    event = count_event(machine)
    answer = send(plc, {**event, "good": -1}, event)
    assert (answer["accepted"], answer["duplicates"], answer["rejected"]) == (1, 0, 1)


def test_the_same_event_id_from_another_account_is_another_event(machine, plc):
    event = count_event(machine)
    assert send(plc, event)["accepted"] == send(client_for("engineer"), event)["accepted"] == 1


def test_late_and_disordered_events_are_welcome(machine, plc):
    for minutes, value in [(30, 130), (10, 110), (20, 120), (0, 100)]:
        send(plc, counter_event(machine, minutes, value))
    counts = machine.counts.order_by("at").values_list("at", "good")
    assert list(counts) == [(after(10), 10), (after(20), 10), (after(30), 10)]


def test_a_counter_that_rolls_over_or_is_reset_never_subtracts(machine, plc):
    send(
        plc,
        *[counter_event(machine, m, v, rollover_at=65_536) for m, v in enumerate([65_530, 65_535, 5, 0, 3])],
    )
    good = machine.counts.order_by("at").values_list("good", flat=True)
    assert list(good) == [5, 6, 3]  # 65,530 → 65,535, over 0 → 5, set back to 0 → 3


def test_an_empty_batch_is_a_batch(plc):
    nothing = {"accepted": 0, "duplicates": 0, "rejected": 0, "errors": []}
    assert send(plc) == nothing
    assert send_bytes(plc, b"\n\n", NDJSON).json() == nothing


def test_unknown_keys_do_no_harm(machine, plc):
    assert send(plc, count_event(machine, firmware="7.1", job_id=None, product_code=None))["accepted"] == 1


# --- the ledger -----------------------------------------------------------------------------------------------


def test_a_batch_is_one_deed(machine, plc):
    body = json.dumps({"events": [count_event(machine, m) for m in range(50)] + [7]}).encode()
    send_bytes(plc, body)
    entry = AuditLog.objects.get(action="production.events.ingested")
    assert (entry.user_id, entry.entity_type, entry.entity_id) == (plc.user.pk, "users", str(plc.user.pk))
    assert entry.new_values == {
        "source": plc.user.username,
        "accepted": 50,
        "duplicates": 0,
        "rejected": 1,
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    send_bytes(plc, body)
    assert AuditLog.objects.filter(action="production.events.ingested").count() == 1  # nothing was done


# --- who may --------------------------------------------------------------------------------------------------

MAY = ("integration", "admin", "production_manager", "engineer")


@pytest.mark.parametrize("role", MAY)
def test_who_may_send(role, machine):
    assert send(client_for(role), count_event(machine))["accepted"] == 1


@pytest.mark.parametrize(
    "role", ["shift_manager", "operator", "maintenance", "quality", "viewer", "guest", None]
)
def test_who_may_not_send(role, machine):
    client = client_for(role)
    answer = client.post(INGEST, {"events": [count_event(machine)]}, format="json")
    assert answer.status_code == (403 if role else 401)
    assert stored() == (0, 0, 0)


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_the_door_opens_one_way(plc, method):
    assert getattr(plc, method)(INGEST).status_code == 405


# --- bad events -----------------------------------------------------------------------------------------------

HUGE = 10**20
BAD_COUNTS = [
    ({"good": -1}, "out_of_range", "good"),
    ({"scrap": 1_000_001}, "out_of_range", "scrap"),
    ({"rework": HUGE}, "out_of_range", "rework"),
    ({"good": -HUGE}, "out_of_range", "good"),
    ({"good": True}, "invalid", "good"),
    ({"good": "5"}, "invalid", "good"),
    ({"good": 1.5}, "invalid", "good"),
    ({"good": [1]}, "invalid", "good"),
    ({"good": None}, "missing", "good"),
    ({"at": None}, "invalid", "at"),
    ({"at": "2024-03-04T08:00:00"}, "naive_time", "at"),
    ({"at": "2024-03-04"}, "invalid", "at"),
    ({"at": "yesterday"}, "invalid", "at"),
    ({"at": "2024-02-30T08:00:00Z"}, "invalid", "at"),
    ({"at": 1709539200}, "invalid", "at"),
    ({"at": "1999-12-31T23:59:59Z"}, "too_old", "at"),
    ({"at": "0001-01-01T00:00:00+14:00"}, "too_old", "at"),
    ({"at": "9999-12-31T23:59:59-14:00"}, "future", "at"),
    ({"event_id": ""}, "invalid", "event_id"),
    ({"event_id": None}, "invalid", "event_id"),
    ({"event_id": 5}, "invalid", "event_id"),
    ({"event_id": "x" * 101}, "invalid", "event_id"),
    ({"event_id": "a\u0000b"}, "invalid", "event_id"),
    ({"event_id": "a\n"}, "invalid", "event_id"),
    ({"event_id": " a"}, "invalid", "event_id"),
    ({"equipment_code": "nobody"}, "unknown_equipment", "equipment_code"),
    ({"equipment_code": "x" * 101}, "invalid", "equipment_code"),
    ({"equipment_code": "\u0000"}, "invalid", "equipment_code"),
    ({"product_code": "nothing"}, "unknown_product", "product_code"),
    ({"product_code": {}}, "invalid", "product_code"),
    ({"job_id": 7}, "unknown_job", "job_id"),
    ({"job_id": 0}, "out_of_range", "job_id"),
    ({"job_id": -1}, "out_of_range", "job_id"),
    ({"job_id": HUGE}, "out_of_range", "job_id"),
    ({"job_id": "7"}, "invalid", "job_id"),
    ({"job_id": True}, "invalid", "job_id"),
    ({"job_id": [7]}, "invalid", "job_id"),
    ({"kind": "story"}, "unknown_kind", "kind"),
    ({"kind": None}, "missing", "kind"),
    ({"kind": ["count"]}, "unknown_kind", "kind"),
]
BAD_STATES = [
    ({"state": "DANCING"}, "unknown_state", "state"),
    ({"state": 5}, "invalid", "state"),
    ({"reason_code": "nothing"}, "unknown_reason", "reason_code"),
    ({"ended_at": "2024-03-04T08:00:00Z"}, "ended_before_started", "ended_at"),
    ({"ended_at": "2024-03-04T07:59:59Z"}, "ended_before_started", "ended_at"),
    ({"ended_at": "2024-03-04T09:00:00"}, "naive_time", "ended_at"),
    ({"ended_at": "2999-01-01T00:00:00Z"}, "future", "ended_at"),
    ({"started_at": "1999-01-01T00:00:00Z"}, "too_old", "started_at"),
    ({"note": "x" * 256}, "invalid", "note"),
]
BAD_COUNTERS = [
    ({"counter": "lost"}, "unknown_counter", "counter"),
    ({"value": -1}, "out_of_range", "value"),
    ({"value": HUGE}, "out_of_range", "value"),
    ({"value": 10**12 + 1}, "out_of_range", "value"),
    ({"value": False}, "invalid", "value"),
    ({"value": 0.5}, "invalid", "value"),
    ({"rollover_at": 0}, "out_of_range", "rollover_at"),
    ({"rollover_at": 5}, "out_of_range", "value"),
]


def refused(client, event):
    """The one error of a batch of one bad event between two good ones, which are kept."""
    machine = MachineFactory()
    answer = send(client, count_event(machine, 1), event, count_event(machine, 2))
    assert (answer["accepted"], answer["duplicates"], answer["rejected"]) == (2, 0, 1)
    assert stored() == (0, 2, 0)
    error = answer["errors"][0]
    assert set(error) == {"index", "event_id", "code", "field", "detail"}
    assert error["index"] == 1
    assert error["detail"]
    return error["code"], error["field"]


@pytest.mark.parametrize(("wrong", "code", "field"), BAD_COUNTS)
def test_a_bad_count(machine, plc, wrong, code, field):
    assert refused(plc, count_event(machine) | wrong) == (code, field)


@pytest.mark.parametrize(("wrong", "code", "field"), BAD_STATES)
def test_a_bad_state(machine, plc, wrong, code, field):
    assert refused(plc, state_event(machine) | wrong) == (code, field)


@pytest.mark.parametrize(("wrong", "code", "field"), BAD_COUNTERS)
def test_a_bad_counter(machine, plc, wrong, code, field):
    assert refused(plc, counter_event(machine, 0, 5) | wrong) == (code, field)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda m: count_event(m), "event_id"),
        (lambda m: count_event(m), "equipment_code"),
        (lambda m: count_event(m), "at"),
        (lambda m: count_event(m), "good"),
        (lambda m: count_event(m), "kind"),
        (lambda m: counter_event(m, 0, 1), "value"),
        (lambda m: counter_event(m, 0, 1), "counter"),
        (lambda m: state_event(m), "state"),
        (lambda m: state_event(m), "started_at"),
    ],
)
def test_a_missing_field_is_named(machine, plc, make, field):
    event = make(machine)
    del event[field]
    assert refused(plc, event) == ("missing", field)


@pytest.mark.parametrize("item", [7, "text", None, True, [], [[]], {}, 1.5])
def test_what_is_no_event(plc, item):
    assert refused(plc, item)[0] in ("invalid", "missing")


def test_a_clock_may_be_five_minutes_fast(machine, plc):
    now = datetime.now(UTC)
    fast, wrong = now + timedelta(minutes=4), now + timedelta(minutes=6)
    answer = send(plc, count_event(machine, at=fast.isoformat()), count_event(machine, at=wrong.isoformat()))
    assert [answer["accepted"], answer["errors"][0]["code"]] == [1, "future"]


def test_every_bad_event_of_a_batch_is_told_in_order(machine, plc):
    answer = send(plc, 7, count_event(machine, equipment_code="nobody"), count_event(machine, good=-1))
    assert [(e["index"], e["code"]) for e in answer["errors"]] == [
        (0, "invalid"),
        (1, "unknown_equipment"),
        (2, "out_of_range"),
    ]
    assert (answer["rejected"], stored()) == (3, (0, 0, 0))


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"\xff\xfe",
        b'{"event_id": "\xe9"}',
        b'{"good": NaN}',
        b'{"good": 1e999}',
        b'{"event_id": "\\ud800"}',
        b"[" * 5000 + b"]" * 5000,
        b'{"a": ' * 2000 + b"1" + b"}" * 2000,
    ],
    ids=["broken", "UTF-16", "Latin-1", "NaN", "infinity", "half a character", "deep list", "deep object"],
)
def test_a_broken_line_is_the_error_of_that_line_alone(machine, plc, line):
    good = [json.dumps(count_event(machine, minutes)).encode() for minutes in range(2)]
    answer = send_bytes(plc, b"\n".join([good[0], line, good[1]]), NDJSON).json()
    assert (answer["accepted"], answer["rejected"]) == (2, 1)
    error = answer["errors"][0]
    assert (error["index"], error["event_id"], error["code"]) == (1, None, "invalid")
    assert stored() == (0, 2, 0)


# --- bad bodies -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b'{"events": [{"event_id": "\xe9"}]}',
        b'{"events": [{"good": NaN}]}',
        b'{"events": [{"event_id": "\\ud800"}]}',
        b"[" * 5000 + b"]" * 5000,
        b"null",
        b"[]",
        b'"events"',
        b"{}",
        b'{"events": "text"}',
        b'{"events": null}',
        b'{"events": {}}',
        b'{"events": 100000000000000000000}',
    ],
)
def test_a_body_that_is_no_list_of_events(plc, body):
    answer = send_bytes(plc, body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert stored() == (0, 0, 0)


def test_a_body_of_another_kind(machine, plc):
    assert send_bytes(plc, b"a;b;c", "text/csv").status_code == 415


@pytest.mark.parametrize("lines", [False, True])
def test_too_many_events_are_refused_whole(machine, plc, lines):
    events = [count_event(machine)] * 10_001
    if lines:
        answer = send_bytes(plc, "\n".join(json.dumps(event) for event in events).encode(), NDJSON)
    else:
        answer = plc.post(INGEST, {"events": events})
    assert answer.status_code == 413
    assert "10000" in answer.json()["detail"]
    assert stored() == (0, 0, 0)


def test_a_body_that_is_too_long(plc, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert send_bytes(plc, b"{" + b" " * 2000 + b"}").status_code == 413


# --- all or nothing -------------------------------------------------------------------------------------------


def test_a_crash_on_the_way_leaves_nothing(machine, plc):
    """What a power cut does, a failing listener inside the transaction does as well."""
    events = [state_event(machine), count_event(machine, 1), counter_event(machine, 2, 5)]

    def crash(**_):
        raise RuntimeError("power cut")

    counts_recorded.connect(crash)
    try:
        with pytest.raises(RuntimeError), transaction.atomic():
            ingest_events(events=events, source="plc", actor=plc.user)
    finally:
        counts_recorded.disconnect(crash)
    assert stored() == (0, 0, 0)
    result = ingest_events(events=events, source="plc", actor=plc.user)
    assert (result.accepted, result.duplicates) == (3, 0)


def test_a_retry_under_its_key_gets_the_first_answer(machine, plc):
    events = [count_event(machine), 7]
    key = {"HTTP_IDEMPOTENCY_KEY": "batch-1"}
    first = plc.post(INGEST, {"events": events}, **key)
    again = plc.post(INGEST, {"events": events}, **key)
    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
    lines = json.dumps(events[0]).encode() + b"\n{\n"
    kept = {"HTTP_IDEMPOTENCY_KEY": "batch-2"}
    answer = plc.generic("POST", INGEST, lines, content_type=NDJSON, **kept)
    assert (answer.status_code, answer.json()["duplicates"], answer.json()["rejected"]) == (200, 1, 1)


def test_the_queries_do_not_grow_with_the_batch(machine, plc):
    def queries(many, start):
        kinds = [count_event(machine, start + i) for i in range(many)]
        kinds += [counter_event(machine, start + i, i) for i in range(many)]
        with CaptureQueriesContext(connection) as captured:
            ingest_events(events=kinds, source="plc", actor=plc.user)
        return len(captured)

    queries(1, 0)
    assert queries(2, 10) == queries(400, 1000)
