"""The scarce thing: the next number of a label's reprints."""

from __future__ import annotations

import threading

import pytest

from production.actions import labels
from production.models import LabelPrint, Serial
from tests.concurrency.test_andon import at_once
from tests.support.api import API, client_of
from tests.support.factories import UserFactory
from tests.support.trace_factories import unit_in

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 16


def printers(unit, count):
    people = [UserFactory(role="operator") for _ in range(count)]

    def work(number):
        url = f"{API}serials/{unit.pk}/label/reprint"
        answer = client_of(people[number]).post(url, {"reason": "torn"})
        return answer.status_code, answer.json().get("number")

    return work


def test_sixteen_reprints_have_sixteen_numbers():
    answers = at_once(printers(unit_in(), CLIENTS), CLIENTS)
    assert sorted(answers) == [(201, number) for number in range(1, CLIENTS + 1)]


def test_control_without_the_lock_one_is_refused(monkeypatch):
    """Both see the same last number; the constraint then keeps one."""
    unit, both_have_read, last_number = unit_in(), threading.Barrier(2), labels._last_number

    def look_and_wait(name, of):
        found = last_number(name, of)
        both_have_read.wait(10)
        return found

    monkeypatch.setattr(labels, "lock", lambda model, pk: Serial.objects.get(pk=pk))
    monkeypatch.setattr(labels, "_last_number", look_and_wait)
    answers = at_once(printers(unit, 2), 2)
    assert sorted(status for status, _number in answers) == [201, 409]
    assert LabelPrint.objects.count() == 1
