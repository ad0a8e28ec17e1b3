"""What was made from what: a sub-assembly of two levels, worked out by hand; and any web, by a second way."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from production.models import ComponentLot, Consumption, Serial
from tests.production.genealogy import component_lot, force, lot_with, scan
from tests.support.api import API, client_for
from tests.support.trace_factories import lot_of

pytestmark = pytest.mark.django_db
ENDED = timezone.now()


@pytest.fixture
def web():
    """
    B1 ─ u1 u2 ┐                       B1, B2, S1: deliveries; u, v, w: units of three lots
    B2 ─ u3    ┴ sub lot → C1 ─ v1 v2 ─ mid lot → C2 ─ w1
    S1 ─ u2, v1                        B2 ─ w2 directly; w3 of nothing
    """
    return Web()


class Web:
    def __init__(self):
        self.b1, self.b2 = component_lot(100, lot_number="B1"), component_lot(100, lot_number="B2")
        self.s1 = component_lot(50, lot_number="S1", part_code="SPRING")
        self.sub, (self.u1, self.u2, self.u3) = lot_with(3)
        self.mid, (self.v1, self.v2) = lot_with(2)
        self.top, (self.w1, self.w2, self.w3) = lot_with(3)
        self.c1 = component_lot(3, lot_number="C1", part_code="SUB", made_in=self.sub)
        self.c2 = component_lot(2, lot_number="C2", part_code="MID", made_in=self.mid)
        for part, unit, quantity in (
            (self.b1, self.u1, 2),
            (self.b1, self.u2, "2.5"),
            (self.s1, self.u2, 1),
            (self.b2, self.u3, 2),
            (self.c1, self.v1, 1),
            (self.c1, self.v2, 1),
            (self.s1, self.v1, "0.5"),
            (self.c2, self.w1, 1),
            (self.b2, self.w2, 3),
        ):
            scan(part, unit, quantity)


def ask(path: str, **query):
    answer = client_for("quality").get(f"{API}{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def drawn(nodes) -> dict:
    """The tree as {number: (quantity, units, {branches})}; what is drawn elsewhere in full as its number alone."""
    return {
        node["number"]: "…"
        if node["repeated"]
        else (node["quantity"], node["units"], drawn(node["children"]))
        for node in nodes
    }


def numbers(*units) -> set[str]:
    return {unit.serial_number for unit in units}


def test_a_delivery_goes_down_to_the_units_that_hold_it(web):
    told = ask("genealogy", component_lot="b1")
    assert told["subject"] == {"kind": "component_lot", "id": web.b1.pk, "number": "B1"}
    assert told["up"] == []
    in_top = {web.top.lot_number: (1, 1, {})}
    in_mid = {web.mid.lot_number: (2, 2, {"C2": (None, None, in_top)})}
    assert drawn(told["down"]) == {web.sub.lot_number: (4.5, 2, {"C1": (None, None, in_mid)})}
    [node] = told["down"]
    assert [(one["serial_number"], one["quantity"]) for one in node["serials"]] == [
        (web.u1.serial_number, 2),
        (web.u2.serial_number, 2.5),
    ]


def test_a_unit_goes_up_to_the_deliveries_it_was_made_from(web):
    told = ask("genealogy", serial=web.w1.serial_number)
    of_sub = {"B1": (4.5, 2, {}), "B2": (2, 1, {}), "S1": (1, 1, {})}
    of_mid = {"S1": (0.5, 1, {}), "C1": (2, 2, {web.sub.lot_number: (None, None, of_sub)})}
    assert drawn(told["up"]) == {"C2": (1, None, {web.mid.lot_number: (None, None, of_mid)})}
    assert told["down"] == []


def test_what_comes_again_is_drawn_once(web):
    scan(web.c1, web.w1)
    up = drawn(ask("genealogy", serial=web.w1.pk)["up"])
    assert up["C1"] == (1, None, {web.sub.lot_number: (None, None, up["C1"][2][web.sub.lot_number][2])})
    assert up["C2"][2][web.mid.lot_number][2]["C1"] == "…"


def test_a_lot_goes_both_ways(web):
    told = ask("genealogy", lot=web.mid.lot_number)
    assert {n["number"]: (n["quantity"], n["units"]) for n in told["up"]} == {"C1": (2, 2), "S1": (0.5, 1)}
    assert drawn(told["down"]) == {"C2": (None, None, {web.top.lot_number: (1, 1, {})})}
    assert ask("genealogy", lot=web.mid.pk) == told


# --- recall


def test_what_a_delivery_touches(web):
    told = ask("recall", component_lot="B1")
    assert {row["lot_number"] for row in told["component_lots"]} == {"B1", "C1", "C2"}
    assert {row["serial_number"] for row in told["serials"]} == numbers(
        web.u1, web.u2, web.v1, web.v2, web.w1
    )
    touched = {row["lot_number"]: (row["affected_units"], row["units"]) for row in told["lots"]}
    assert touched == {web.sub.lot_number: (2, 3), web.mid.lot_number: (2, 2), web.top.lot_number: (1, 3)}
    held = {row["serial_number"]: row["quantity"] for row in told["serials"]}
    assert held[web.u2.serial_number] == 2.5
    assert held[web.w1.serial_number] is None, "it holds a part that holds some"


def test_the_same_delivery_in_two_lots(web):
    told = ask("recall", component_lot="B2")
    everything = numbers(web.u3, web.v1, web.v2, web.w1, web.w2)
    assert {row["serial_number"] for row in told["serials"]} == everything, "not w3, nor u1 and u2 beside u3"


def test_what_a_lot_or_a_unit_touches(web):
    whole = ask("recall", lot=web.sub.lot_number)
    later = numbers(web.v1, web.v2, web.w1)
    assert {r["serial_number"] for r in whole["serials"]} == numbers(web.u1, web.u2, web.u3) | later
    assert {r["lot_number"] for r in whole["component_lots"]} == {"C1", "C2"}
    one = ask("recall", serial=web.u1.pk)
    assert {r["serial_number"] for r in one["serials"]} == numbers(web.u1) | later
    for told in (whole, one):
        assert (told["balance"]["received"], told["balance"]["consumed"]) == (3, 2), "of C1"
    bare = ask("recall", serial=web.w3.serial_number)
    assert ([r["serial_number"] for r in bare["serials"]], bare["component_lots"]) == (
        [web.w3.serial_number],
        [],
    )
    assert bare["balance"]["received"] == 0 and bare["balance"]["balanced"]


def test_the_balance_says_where_all_of_it_lies(web):
    force(web.u1, status="PASSED", completed_at=ENDED)
    force(web.u2, status="FAILED", completed_at=ENDED, failure_reason="x", is_scrapped=True)
    force(web.v1, status="FAILED", completed_at=ENDED, failure_reason="x")
    told = ask("recall", component_lot="B1")
    assert told["balance"] == {
        "received": 100,
        "consumed": 4.5,
        "remaining": 95.5,
        "in_passed": 2,
        "in_failed": 0,
        "in_scrapped": 2.5,
        "in_progress": 0,
        "balanced": True,
    }
    assert told["by_status"] == {"CREATED": 2, "IN_PROGRESS": 0, "PASSED": 1, "FAILED": 1, "SCRAPPED": 1}
    of_c1 = next(row for row in told["component_lots"] if row["lot_number"] == "C1")
    assert (of_c1["in_failed"], of_c1["in_progress"], of_c1["units"]) == (1, 1, 2)


def test_a_balance_that_does_not_add_up_says_so(web):
    force(web.b1, consumed=Decimal("4.4999"))
    assert ask("recall", component_lot="B1")["balance"]["balanced"] is False


def test_any_web_by_a_second_way():
    """Two hundred scans at random; what they touch is worked out here by walking the rows."""
    chance = random.Random(7)  # noqa: S311
    lots = [lot_with(4) for _ in range(8)]
    units = [unit for _lot, of_lot in lots for unit in of_lot]
    parts = [component_lot(1000) for _ in range(6)]
    parts += [component_lot(1000, made_in=lot, part_code="SUB") for lot, _units in lots]
    made = [
        Consumption(component_lot=part, serial=unit, quantity=chance.randint(1, 5), at=ENDED)
        for part, unit in {(chance.choice(parts), chance.choice(units)) for _ in range(40)}
    ]  # without the action: rows that go in circles end too
    Consumption.objects.bulk_create(made)
    states = [{"status": "PASSED", "completed_at": ENDED}, {"status": "IN_PROGRESS"}]
    for unit in units:
        force(unit, **chance.choice(states))
    for part in parts:
        force(part, consumed=sum(scan.quantity for scan in made if scan.component_lot_id == part.pk))
        told = ask("recall", component_lot=part.lot_number)
        assert {row["id"] for row in told["serials"]} == walked(part)
        sums = dict.fromkeys(("CREATED", "PASSED", "IN_PROGRESS"), 0)
        for used in Consumption.objects.filter(component_lot=part).select_related("serial"):
            sums[used.serial.status] += used.quantity
        assert told["balance"]["in_passed"] == sums["PASSED"]
        assert told["balance"]["in_progress"] == sums["IN_PROGRESS"]
        assert told["balance"]["balanced"]


def walked(part: ComponentLot) -> set[int]:
    found: set[int] = set()
    waiting, seen = [part.pk], {part.pk}
    while waiting:
        for serial in Serial.objects.filter(components__component_lot_id=waiting.pop()):
            found.add(serial.pk)
            more = set(ComponentLot.objects.filter(made_in=serial.lot_id).values_list("pk", flat=True)) - seen
            seen |= more
            waiting += more
    return found


def test_as_many_queries_however_much_is_touched(web):
    paths = ("recall?component_lot=B1", "genealogy?component_lot=B1", f"genealogy?serial={web.w1.pk}")
    client, counts = client_for("quality"), {path: [] for path in paths}
    for _ in range(2):
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(API + path).status_code == 200
            counts[path].append(len(queries))
        lot, more = lot_with(5)
        for unit in more:
            scan(web.b1, unit)
        scan(component_lot(5, made_in=lot, part_code="SUB"), lot_with(1)[1][0])
    assert {path: set(found) for path, found in counts.items()} == {
        paths[0]: {5},
        paths[1]: {7},
        paths[2]: {11},
    }


# --- over HTTP


@pytest.mark.parametrize("path", ["recall", "genealogy"])
def test_one_thing_is_asked_about(web, path):
    client = client_for("quality")
    for query in ("", "?serial=1&lot=1", "?lot=", "?lot=%20"):
        answer = client.get(f"{API}{path}{query}")
        assert answer.status_code == 400, query
    assert client.get(f"{API}{path}?colour=red").status_code == 400
    for name in ("nowhere", 10**9, 10**20, "-1", "1.5", "１２"):
        for kind in ("serial", "lot", "component_lot"):
            assert client.get(f"{API}{path}", {kind: name}).status_code == 404, (kind, name)
    assert client_for("guest").get(f"{API}{path}?component_lot=B1").status_code == 403
    assert client_for("integration").get(f"{API}{path}?component_lot=B1").status_code == 403


def test_a_recall_as_a_file(web):
    force(web.u1, serial_number="=1+1")
    answer = client_for("quality").get(f"{API}recall?component_lot=B1&type=csv")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert 'filename="recall-B1.csv"' in answer["Content-Disposition"]
    header, *rows = answer.content.decode("utf-8-sig").splitlines()
    assert header == "serial_number,lot_number,product_code,status,is_scrapped,quantity"
    assert len(rows) == 5
    assert [row for row in rows if row.startswith("'=1+1,")], "no formula"
    assert client_for("quality").get(f"{API}recall?component_lot=B1&type=xml").status_code == 400


def test_a_lot_without_anything():
    told = ask("recall", lot=lot_of().lot_number)
    assert told["serials"] == [] and [row["affected_units"] for row in told["lots"]] == [0]
