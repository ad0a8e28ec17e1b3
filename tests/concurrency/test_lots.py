"""The scarce thing: the next number of a lot, and the one step that a lot can take."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date

import pytest
from django.db import connection

from production import actions as production_actions
from production.actions import lots as actions
from production.actions import numbering
from production.errors import NumberTaken
from production.models import Lot, ProductModel
from tests.support.api import API, client_of
from tests.support.at_once import at_once
from tests.support.factories import LineFactory, UserFactory
from tests.support.production_factories import ProductFactory
from tests.support.trace_factories import lot_of

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 16
WAITING = 8  # who wait for each other inside a transaction each hold one of the pool's connections
DAY = {"production_date": date(2024, 11, 18), "shift": "DAY"}


@pytest.fixture
def manager():
    return UserFactory(role="production_manager")


@pytest.fixture
def product():
    return ProductFactory()


def numbers():
    return sorted(Lot.objects.values_list("lot_number", flat=True))


def consecutive(count):
    return [f"WF-KR-241118D-{number:03d}" for number in range(1, count + 1)]


def test_lots_of_one_line_day_and_shift_all_get_the_next_numbers(manager, product):
    line = LineFactory()
    body = {
        "product_model_id": product.pk,
        "line_id": line.pk,
        "production_date": "2024-11-18",
        "shift": "DAY",
    }

    def post():
        return client_of(manager).post(f"{API}lots", body).status_code

    assert at_once([post] * CLIENTS) == [201] * CLIENTS
    assert numbers() == consecutive(CLIENTS)


def test_control_a_counter_that_is_read_and_then_written_gives_one_number_to_all(
    manager, product, monkeypatch
):
    """What the row lock of the counter is there for; only the constraint saves the table then."""
    given, together = [], threading.Barrier(WAITING)

    def read_then_write(pattern, facts):
        scope = numbering.scope_of(pattern, facts)
        with connection.cursor() as cursor:
            cursor.execute("SELECT last FROM production_numbersequence WHERE scope = %s", [scope])
            row = cursor.fetchone()
        number = numbering.number_in_scope(scope, (row[0] if row else 0) + 1)
        given.append(number)
        together.wait(timeout=30)
        yield number
        raise NumberTaken

    monkeypatch.setattr(numbering, "numbers", read_then_write)
    results = at_once(
        [lambda: actions.create_lot(product=product, actor=manager, **DAY).lot_number] * WAITING
    )
    assert Counter(given) == {"WF-KR-241118D-001": WAITING}
    assert Counter(results) == {"WF-KR-241118D-001": 1, "duplicate": WAITING - 1}


@pytest.fixture(autouse=True)
def products_unlocked(monkeypatch, request):
    """For the control above: there, nobody waits for anybody before the counter either."""
    if "control_a_counter" in request.node.name:
        monkeypatch.setattr(actions, "lock", lambda model, pk: model.objects.get(pk=pk))


def test_own_numbers_and_automatic_ones_at_once_are_all_different(manager, product):
    def post(number):
        body = {"product_model_id": product.pk, "production_date": "2024-11-18", "shift": "DAY"}
        return (
            client_of(manager)
            .post(f"{API}lots", body | ({"lot_number": number} if number else {}))
            .status_code
        )

    wanted = [*consecutive(8), *[None] * 8]
    results = at_once([lambda number=number: post(number) for number in wanted])
    assert set(results[:8]) <= {201, 409}, "an own number may have been given out"
    assert results[8:] == [201] * 8, "automatic ones are never refused"
    assert len(set(numbers())) == Lot.objects.count() == results.count(201)


def test_a_retry_under_the_same_key_makes_no_second_lot(manager, product):
    def post():
        answer = client_of(manager).post(
            f"{API}lots", {"product_model_id": product.pk}, headers={"Idempotency-Key": "lot"}
        )
        return answer.status_code, answer.json()["lot_number"]

    assert len(set(at_once([post] * WAITING))) == 1
    assert Lot.objects.count() == 1


def starts(lot, actor):
    return Counter(at_once([lambda: actions.start_lot(lot=lot, actor=actor).status.value] * WAITING))


def test_one_of_many_starts_a_lot(manager):
    assert starts(lot_of(**DAY), manager) == {"IN_PROGRESS": 1, "invalid_transition": WAITING - 1}


def test_control_without_the_lock_all_of_them_would(manager, monkeypatch):
    lot, read = lot_of(**DAY), threading.Barrier(WAITING)

    def unlocked(pk):
        row = Lot.objects.get(pk=pk)
        read.wait(timeout=30)
        return row

    monkeypatch.setattr(actions, "locked_lot", unlocked)
    assert starts(lot, manager) == {"IN_PROGRESS": WAITING}


def discontinued_while_made(product, manager):
    """Half of them begin a lot of the product, half take the product out of use."""
    calls = [
        lambda: actions.create_lot(product=product, actor=manager, **DAY).status.value,
        lambda: production_actions.discontinue(product=product).status.value,
    ]
    results = Counter(at_once(calls * (WAITING // 2)))
    return results, ProductModel.objects.get().status, Lot.objects.exists()


def test_a_product_is_never_discontinued_under_its_lots(manager, product):
    results, status, made = discontinued_while_made(product, manager)
    assert results.keys() <= {"CREATED", "DISCONTINUED", "product_not_active", "in_use"}
    assert made != (status == "DISCONTINUED")


def test_control_without_the_lock_it_would_be(manager, product, monkeypatch):
    """Looked for lots, found none, and then there was one."""
    looked, made, save = threading.Event(), threading.Event(), ProductModel.save

    def save_late(self, *args, **kwargs):
        looked.set()
        made.wait(30)
        save(self, *args, **kwargs)

    def create():
        looked.wait(30)
        lot = actions.create_lot(product=product, actor=manager, **DAY)
        made.set()
        return lot.status.value

    monkeypatch.setattr(production_actions.counting, "lock", lambda model, pk: model.objects.get(pk=pk))
    monkeypatch.setattr(ProductModel, "save", save_late)
    results = at_once([create, lambda: production_actions.discontinue(product=product).status.value])
    assert results == ["CREATED", "DISCONTINUED"]
    assert Lot.objects.get().product.status == "DISCONTINUED"
