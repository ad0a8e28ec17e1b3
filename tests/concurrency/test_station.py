"""The scarce thing: one deed of a form, however often and however fast its button is pressed."""

from __future__ import annotations

from collections import Counter
from uuid import uuid4

import pytest
from django.test import Client

from production.models import Consumption, ProcessData
from tests.concurrency.test_andon import at_once
from tests.floor.stations import sent, unit_on_the_line
from tests.production.genealogy import component_lot
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
PRESSES = 8


@pytest.fixture
def press():
    """Send a form of the station as one person, from a window of their own each time."""
    person = UserFactory(role="operator")

    def send(act: str, form: dict):
        client = Client()
        client.force_login(person, backend="accounts.backends.RoleBackend")
        return client.post(f"/stations/P01_MARK/{act}", form)

    return send


def test_eight_presses_at_once_build_one_component_in(press):
    form = sent(unit_on_the_line(), component_lot=component_lot(100).lot_number, quantity="1")
    answers = at_once(lambda _number: press("components", form).status_code, PRESSES)
    assert answers == [302] * PRESSES  # every window is led to the unit
    assert Consumption.objects.count() == 1


def test_control_with_a_key_each_all_are_built_in(press):
    form = sent(unit_on_the_line(), component_lot=component_lot(100).lot_number, quantity="1")
    answers = at_once(lambda _number: press("components", {**form, "key": str(uuid4())}).status_code, PRESSES)
    assert answers == [302] * PRESSES
    assert Consumption.objects.count() == PRESSES


def test_pass_and_fail_pressed_at_once_on_two_tablets_end_in_one_verdict(press):
    unit = unit_on_the_line()
    forms = [sent(unit, result=result, notes="scratched") for result in ("PASS", "FAIL") * 3]
    answers = Counter(at_once(lambda number: press("step", forms[number]).status_code, len(forms)))
    assert ProcessData.objects.filter(result="PASS").count() <= 1
    assert ProcessData.objects.filter(result="FAIL").count() <= 1
    assert answers[302] == ProcessData.objects.count()  # who is refused is told so on the form
