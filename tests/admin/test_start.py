"""The start page against figures worked out by hand, and its cards by role."""

from __future__ import annotations

import re
from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from freezegun import freeze_time

from accounts.models import User
from equipment.models import StopReason
from floor.selectors.day import plant_day
from production.actions.records import record_step
from production.models import ProductionLogImport
from production.record_input import Given
from tests.andon.calls import call
from tests.floor.plant import NOW, at, early_shift, make_line, make_product, pieces, running_line, state
from tests.support.factories import LineFactory, MachineFactory, UserFactory
from tests.support.trace_factories import ProcessFactory, lot_of, unit_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def four_hours_into_the_shift():
    with freeze_time(NOW):
        yield


@pytest.fixture
def two_lines():
    """69.4 % running, and one that ran 3 h, made 900 pieces of 10 s, and has jammed for an hour."""
    running_line()
    line = make_line()
    early_shift(line)
    [machine] = line.machines.all()
    jam = StopReason.objects.create(code="JAM", name="Jammed", loss_category="BREAKDOWN")
    state(machine, "RUNNING", at(0))
    state(machine, "FAULT", at(3), reason=jam)
    pieces(machine, make_product("10"), at(1), good=900)
    return line


def text(page) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode())).replace("\u202f", " ")


def test_todays_figures(at_desk, two_lines):
    page = at_desk("viewer").get("/admin/")
    plant = page.context["plant"]
    assert [(part.status, part.count) for part in plant["statuses"]] == [("FAULT", 1), ("RUNNING", 1)]
    assert plant["day"].figure.oee == pytest.approx((10_000 + 9_000) / 28_800)
    assert plant["summary"].oee == pytest.approx((10_000 + 9_000) / 28_800)
    assert (plant["day"].good, plant["day"].scrap) == (1900, 50)
    assert plant["day"].stopped_seconds == 5400
    causes = [(cause.name, cause.seconds, cause.stops, round(cause.share, 3)) for cause in plant["causes"]]
    assert causes == [("Jammed", 3600, 1, 0.667), ("Fault", 1800, 1, 0.333)]
    shown = text(page)
    for words in ("66.0 %", "1,900", "and 50 scrap", "1 h 30 min", "Jammed", two_lines.name, "69.4 %"):
        assert words in shown


def test_each_line_leads_to_its_page_and_the_manager_to_its_master_data(at_desk, two_lines):
    edit = f"/admin/equipment/line/{two_lines.pk}/change/"
    viewer = at_desk("viewer").get("/admin/").content.decode()
    assert f'href="/lines/{two_lines.pk}"' in viewer and edit not in viewer
    assert edit in at_desk("production_manager").get("/admin/").content.decode()


def test_the_day_has_all_its_shifts_and_none_of_the_day_before():
    line = make_line()
    early_shift(line)
    early_shift(line, start=time(14), end=time(22), name="Late")
    [machine] = line.machines.all()
    product = make_product("10")
    state(machine, "FAULT", at(-20))  # the day before, 10:00 to 22:00 in its shifts
    state(machine, "RUNNING", at(0))
    state(machine, "FAULT", at(7.5))
    state(machine, "RUNNING", at(8.5))
    pieces(machine, product, at(-15), good=7)
    pieces(machine, product, at(1), good=100)
    pieces(machine, product, at(9), good=50)
    day = plant_day(now=NOW + timedelta(hours=6))  # 16:00, two hours into the late shift
    assert (day.good, day.stopped_seconds) == (150, 3600)
    assert [(cause.seconds, cause.stops) for cause in day.causes] == [(3600, 1)]  # one stop over two shifts
    assert day.figure.oee == pytest.approx(1500 / 36_000)


def test_open_calls_stand_at_their_line(at_desk, two_lines):
    call(two_lines.machines.get())
    page = at_desk("viewer").get("/admin/")
    assert page.context["plant"]["summary"].open_andon_events == 1
    assert "1 open call" in text(page)


def test_todays_steps_defects_and_lots(at_desk):
    """Three of four passed at the first step today; yesterday's failure is not among them."""
    first, second = ProcessFactory(process_code="P01"), ProcessFactory(process_code="P02")
    lot = lot_of(target_quantity=8)
    units = [unit_in(lot) for _ in range(4)]
    for unit in units[:3]:
        step(unit, first, "PASS")
    step(units[3], first, "FAIL", defects=[{"defect_code": "SCRATCH"}, {"defect_code": "BURR"}])
    step(units[0], second, "PASS")
    with freeze_time(NOW - timedelta(days=1)):
        step(unit_in(lot), first, "FAIL", defects=[{"defect_code": "OLD"}])
    page = at_desk("viewer").get("/admin/")
    trace = page.context["trace"]
    assert [
        (row.process.process_code, row.records.passed, row.records.total) for row in trace["processes"]
    ] == [
        ("P01", 3, 4),
        ("P02", 1, 1),
    ]
    assert [(defect.code, defect.count, defect.share) for defect in trace["defects"]] == [
        ("BURR", 1, 0.5),
        ("SCRATCH", 1, 0.5),
    ]
    assert (trace["ended"].passed, trace["ended"].failed) == (1, 1)
    assert ([row.pk for row in trace["lots"]], trace["open_lots"]) == ([lot.pk], 1)
    shown = text(page)
    for words in ("75.0 % 3 of 4", "1 of 8 passed 2 failed", "BURR 1 50 %", "Units: 1 passed, 1 failed."):
        assert words in shown


def test_a_day_without_units_says_so(at_desk):
    shown = text(at_desk("viewer").get("/admin/"))
    for words in (
        "No step has been recorded today.",
        "No defect has been named today.",
        "No lot is in progress.",
    ):
        assert words in shown


def step(unit, process, result, **more):
    """Recorded by who made the unit."""
    given = Given(process_id=process.pk, serial_id=unit.pk, result=result, measurements={}, **more)
    return record_step(given=given, actor=unit.created_by)


def test_an_empty_plant_says_what_to_do_first(at_desk):
    page = at_desk("production_manager").get("/admin/")
    assert page.context["plant"]["day"].figure.oee is None
    assert "No line yet." in text(page) and "/admin/equipment/line/add/" in page.content.decode()
    assert "/admin/equipment/line/add/" not in at_desk("viewer").get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("role", "cards"),
    [
        ("admin", {"plant", "trace", "imports", "people", "audit", "jobs"}),
        ("production_manager", {"plant", "trace", "imports"}),
        ("engineer", {"plant", "trace", "imports"}),
        ("shift_manager", {"plant", "trace"}),
        ("quality", {"plant", "trace"}),
        ("viewer", {"plant", "trace"}),
    ],
)
def test_a_card_is_there_for_who_may_open_what_it_leads_to(at_desk, role, cards):
    page = at_desk(role).get("/admin/")
    names = ("plant", "trace", "imports", "people", "audit", "jobs")
    assert {name for name in names if page.context[name] is not None} == cards
    headings = {"people": "Waiting for approval", "audit": "Audit trail today", "jobs": "Background jobs"}
    assert {name for name, words in headings.items() if words in text(page)} == cards & headings.keys()


def test_every_link_opens(at_desk, two_lines):
    waiting()
    ProductionLogImport.objects.create(line=two_lines)
    for role in ("admin", "production_manager", "engineer", "viewer"):
        client = at_desk(role)
        body = re.search(r'<div id="start".*', client.get("/admin/").content.decode(), re.S)[0]
        links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"]*)"', body)}
        assert len(links) > 4
        assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def waiting() -> User:
    return UserFactory(username="newcomer", role="guest", is_active=False)


def test_sign_ups_wait_for_approval(at_desk):
    waiting()
    UserFactory(role="guest")
    UserFactory(role="operator", is_active=False)  # closed, not waiting
    client = at_desk("admin")
    people = client.get("/admin/").context["people"]
    assert (people["count"], [str(user) for user in people["waiting"]]) == (1, ["newcomer"])
    assert [str(user) for user in client.get(people["url"]).context["cl"].result_list] == ["newcomer"]


def test_the_audit_card_counts_todays_entries(at_desk):
    client = at_desk("admin")
    before = client.get("/admin/").context["audit"]
    client.post(
        "/admin/equipment/site/add/", {"code": "S", "name": "S", "timezone": "UTC", "is_active": "on"}
    )
    after = client.get("/admin/").context["audit"]
    assert after["total"] == before["total"] + 1
    assert dict(after["edits"])["CREATE"] == dict(before["edits"])["CREATE"] + 1
    assert after["rows"][0].entity_type == "sites"


def test_what_is_missing_is_counted_and_its_list_shows_exactly_that(at_desk):
    lonely = MachineFactory(line=None)
    MachineFactory(line=None, owner=UserFactory())  # somebody's own
    idle = LineFactory()
    early_shift(LineFactory())
    unrated = make_product(None)
    make_product("5")
    client = at_desk("production_manager")
    gaps = client.get("/admin/").context["gaps"]
    shown = [list(client.get(gap.url).context["cl"].result_list) for gap in gaps]
    assert [(gap.count, rows) for gap, rows in zip(gaps, shown, strict=True)] == [
        (1, [unrated]),
        (1, [idle]),
        (1, [lonely]),
    ]
    assert at_desk("viewer").get("/admin/").context["gaps"] == []


def test_more_lines_ask_no_more(at_desk, two_lines):
    client = at_desk("admin")
    client.get("/admin/")
    with CaptureQueriesContext(
        connection,
    ) as two:
        client.get("/admin/")
    for _ in range(3):
        running_line()
    with CaptureQueriesContext(connection) as five:
        client.get("/admin/")
    assert len(five) == len(two) <= 65
