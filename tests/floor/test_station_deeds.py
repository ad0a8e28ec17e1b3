"""What is done at a station by plain forms: steps, reworks, components, calls; each once, each refusal in words."""

from decimal import Decimal

import pytest

from andon.models import AndonEvent
from audit.models import AuditLog
from equipment.models import Line
from production.models import ComponentLot, Consumption, Defect, ProcessData, StepMark
from tests.floor.stations import sent, signed_in, text, unit_on_the_line
from tests.support.factories import LineFactory, MachineFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client):
    return signed_in(client, "operator")


@pytest.fixture
def unit(operator):
    return unit_on_the_line()


def deed(client, code: str, act: str, unit, **fields):
    return client.post(f"/stations/{code}/{act}", sent(unit, **fields))


def step(client, code: str, unit, result: str, **fields):
    return deed(client, code, "step", unit, result=result, **fields)


def status_of(unit) -> str:
    unit.refresh_from_db()
    return unit.status


def test_a_step_passes_and_leads_back_to_the_unit(client, unit, operator):
    answer = step(client, "P01_MARK", unit, "PASS")
    assert answer.status_code == 302 and answer["Location"] == f"/stations/P01_MARK?unit={unit.serial_number}"
    shown = text(client.get(answer["Location"]))
    assert f"{unit.serial_number} has passed P01_MARK." in shown and "1 of 3 steps passed" in shown
    assert "P01_MARK has passed already." in shown
    record = ProcessData.objects.get()
    assert (record.result, record.operator, record.serial) == ("PASS", operator, unit)


def test_the_same_form_sent_twice_does_its_deed_once(client, unit):
    form = sent(unit, result="START")
    answers = [client.post("/stations/P01_MARK/step", form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert ProcessData.objects.count() == 1


def test_a_refused_form_may_be_mended_and_sent_under_its_key(client, unit):
    step(client, "P01_MARK", unit, "PASS")
    form = sent(unit, result="PASS", **{"measured-0": "0.2"})
    assert "outside the limits 0.03–0.08 mm" in text(client.post("/stations/P02_TEST/step", form))
    form["measured-0"] = "0.05"
    assert client.post("/stations/P02_TEST/step", form).status_code == 302


def test_a_step_is_started_and_completed(client, unit):
    step(client, "P01_MARK", unit, "START", notes="new lens")
    record = ProcessData.objects.get()
    assert record.result is None and record.notes == "new lens"
    shown = text(client.get("/stations/P01_MARK", {"unit": unit.serial_number}))
    assert "Begun by" in shown and "Start" not in shown.split("Begun by")[1]
    step(client, "P01_MARK", unit, "PASS")
    record.refresh_from_db()
    assert record.result == "PASS" and StepMark.objects.get().passed


def test_what_is_measured_is_kept_in_its_own_type(client, unit):
    step(client, "P01_MARK", unit, "PASS")
    values = {"measured-0": "0,05 mm", "measured-1": "1.2.3", "measured-2": "red", "measured-3": "false"}
    assert step(client, "P02_TEST", unit, "PASS", **values).status_code == 302
    assert ProcessData.objects.get(process__process_code="P02_TEST").measurements == {
        "gap": 0.05,
        "firmware": "1.2.3",
        "colour": "red",
        "sealed": False,
    }


@pytest.mark.parametrize(
    "value", ["NaN", "1e999", "-inf", "0x1", "1_0", "five", "0.5.5", "9" * 60, "0.0\x00"]
)
def test_a_number_that_is_none_is_refused_at_its_field_and_kept(client, unit, value):
    step(client, "P01_MARK", unit, "PASS")
    page = step(client, "P02_TEST", unit, "FAIL", notes="odd", **{"measured-0": value})
    assert page.status_code == 200 and page.context["step_form"].errors["measured-0"]
    assert "What you typed is still here" in text(
        page
    ) and ">odd</textarea>" in page.content.decode().replace("\n", "")
    assert ProcessData.objects.filter(process__process_code="P02_TEST").count() == 0


def test_a_pass_out_of_limits_and_one_without_its_value_are_refused(client, unit):
    step(client, "P01_MARK", unit, "PASS")
    missing = step(client, "P02_TEST", unit, "PASS")
    assert missing.context["step_form"].errors["measured-0"] == ["A PASS needs this value."]
    assert ProcessData.objects.count() == 1


def test_a_fail_says_why_and_its_code_is_offered_the_next_time(client, unit):
    assert "Say what is wrong" in text(step(client, "P01_MARK", unit, "FAIL"))
    assert step(client, "P01_MARK", unit, "FAIL", defect_code="SCRATCH").status_code == 302
    assert status_of(unit) == "FAILED" and Defect.objects.get().defect_code == "SCRATCH"
    other = unit_of_the_same_lot(unit)
    page = client.get("/stations/P01_MARK", {"scan": other.serial_number})
    assert 'value="SCRATCH"' in page.content.decode()
    step(client, "P01_MARK", other, "FAIL", defects=["SCRATCH", "BURNT"])
    assert sorted(Defect.objects.filter(serial=other).values_list("defect_code", flat=True)) == [
        "BURNT",
        "SCRATCH",
    ]


def unit_of_the_same_lot(unit):
    from tests.support.trace_factories import unit_in

    return unit_in(unit.lot)


def test_a_failed_unit_shows_its_trouble_and_takes_the_label_alone(client, unit):
    step(client, "P01_MARK", unit, "FAIL", notes="burnt edge")
    shown = text(client.get("/stations/P02_TEST", {"scan": unit.serial_number}))
    assert "Last trouble: Fail at P01_MARK" in shown and "burnt edge" in shown
    assert "It takes a rework" in shown
    assert step(client, "P03_LABEL", unit, "PASS").status_code == 302
    assert status_of(unit) == "FAILED"


def test_a_step_to_be_done_again_does_not_pass(client, unit):
    step(client, "P01_MARK", unit, "REWORK")
    assert status_of(unit) == "IN_PROGRESS" and not StepMark.objects.exists()


def test_the_order_is_kept_but_for_a_manager_with_a_reason(client, unit):
    refused = step(client, "P02_TEST", unit, "PASS", **{"measured-0": "0.05"})
    assert refused.status_code == 200 and "P01_MARK" in text(refused)
    signed_in(client, "production_manager")
    without = step(client, "P02_TEST", unit, "PASS", **{"measured-0": "0.05"})
    assert without.status_code == 200 and ProcessData.objects.count() == 0
    reasoned = step(
        client, "P02_TEST", unit, "PASS", override_reason="marked by hand", **{"measured-0": "0.05"}
    )
    assert reasoned.status_code == 302
    deed_ = AuditLog.objects.get(action="production.order.overridden")
    assert deed_.reason == "marked by hand"


def test_an_operator_cannot_step_over_the_order_by_asking(client, unit):
    asked = step(client, "P02_TEST", unit, "PASS", override_reason="please", **{"measured-0": "0.05"})
    assert asked.status_code == 200
    assert ProcessData.objects.count() == 0


def test_what_another_began_is_theirs_to_end(client, unit):
    step(client, "P01_MARK", unit, "START")
    signed_in(client, "operator")
    shown = text(client.get("/stations/P01_MARK", {"scan": unit.serial_number}))
    assert "has begun this step. They end it, or a shift manager does." in shown
    assert step(client, "P01_MARK", unit, "PASS").status_code == 200
    assert ProcessData.objects.get().result is None
    signed_in(client, "shift_manager")
    assert step(client, "P01_MARK", unit, "PASS").status_code == 302


def test_a_manager_reworks_a_failed_unit(client, unit):
    step(client, "P01_MARK", unit, "FAIL", notes="burnt")
    assert deed(client, "P01_MARK", "rework", unit, reason="polish").status_code == 403
    signed_in(client, "shift_manager")
    empty = deed(client, "P01_MARK", "rework", unit, reason="")
    assert empty.context["rework_form"].errors["reason"]
    assert deed(client, "P01_MARK", "rework", unit, reason="polish").status_code == 302
    assert status_of(unit) == "IN_PROGRESS" and unit.rework_count == 1
    again = deed(client, "P01_MARK", "rework", unit, reason="polish")
    assert again.status_code == 200 and unit.rework_count == 1


def test_a_component_is_built_in_by_two_scans(client, unit):
    lot = ComponentLot.objects.create(part_code="BUSBAR", lot_number="BB-7", quantity=Decimal(3))
    page = client.get("/stations/P01_MARK", {"scan": "bb-7", "unit": unit.serial_number})
    assert 'value="BB-7"' in page.content.decode()
    answer = deed(client, "P01_MARK", "components", unit, component_lot="BB-7", quantity="1.5")
    assert answer.status_code == 302
    used = Consumption.objects.get()
    assert (used.component_lot, used.serial, used.quantity) == (lot, unit, Decimal("1.5"))
    assert "BUSBAR BB-7 × 1.5" in text(client.get(answer["Location"]))
    over = deed(client, "P01_MARK", "components", unit, component_lot="BB-7", quantity="2")
    assert "does not hold that much" in text(over)


@pytest.mark.parametrize("quantity", ["", "0", "-1", "NaN", "Infinity", "1e30", "0.00001", "x", "9" * 40])
def test_a_quantity_that_is_none_is_refused(client, unit, quantity):
    ComponentLot.objects.create(part_code="BUSBAR", lot_number="BB-7", quantity=Decimal(3))
    page = deed(client, "P01_MARK", "components", unit, component_lot="BB-7", quantity=quantity)
    assert page.status_code == 200 and page.context["component_form"].errors["quantity"]


def test_a_component_alone_says_what_to_scan_first(client, operator):
    ComponentLot.objects.create(part_code="BUSBAR", lot_number="BB-7", quantity=Decimal(3))
    unit_on_the_line()
    assert "BB-7 is a component lot: scan the unit first." in text(
        client.get("/stations/P01_MARK", {"scan": "BB-7"})
    )


def test_help_is_called_to_where_the_tablet_stands(client, unit):
    nowhere = deed(client, "P01_MARK", "call", unit, event_type="QUALITY")
    assert "Say first where this tablet stands" in text(nowhere)
    machine = MachineFactory(line=LineFactory())
    client.post("/stations", {"place": f"machine-{machine.pk}"})
    assert deed(client, "P01_MARK", "call", unit, event_type="SAFETY").status_code == 302
    event = AndonEvent.objects.get()
    assert (event.line, event.machine, event.priority) == (machine.line, machine, "CRITICAL")
    assert event.description == f"P01_MARK · {unit.serial_number}"
    joined = deed(client, "P01_MARK", "call", None, event_type="SAFETY")
    assert "open already" in text(client.get(joined["Location"])) and AndonEvent.objects.count() == 1
    assert Line.objects.count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"result": "MAYBE"},
        {"result": "PASS", "key": "no key"},
        {"result": "PASS", "unit": "SN-nowhere"},
        {"result": "PASS", "unit": "\x00"},
        {"result": "PASS", "notes": "x" * 2000},
        {"result": "FAIL", "defects": ["\x00"]},
        {"result": "FAIL", "defect_code": "y" * 200},
        {},
    ],
)
def test_what_no_page_sends_is_refused_and_changes_nothing(client, unit, fields):
    answer = client.post("/stations/P01_MARK/step", {**sent(unit), **fields})
    assert answer.status_code == 200 and ProcessData.objects.count() == 0


def test_the_machine_of_the_tablet_is_on_the_record(client, unit):
    machine = MachineFactory(line=LineFactory())
    client.post("/stations", {"place": f"machine-{machine.pk}"})
    step(client, "P01_MARK", unit, "PASS")
    assert ProcessData.objects.get().machine == machine
    assert unit.serial_number in text(client.get("/stations/P01_MARK"))


def test_the_last_ten_are_shown_whoever_did_them(client, unit):
    step(client, "P01_MARK", unit, "PASS")
    signed_in(client, "operator")
    shown = text(client.get("/stations/P01_MARK"))
    assert unit.serial_number in shown.split("Last here")[1]


def test_deeds_are_only_sent(client, unit):
    assert client.get("/stations/P01_MARK/step").status_code == 405
