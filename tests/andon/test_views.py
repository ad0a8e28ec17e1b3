"""The pages of andon: the board and what is done there, the wall, the statistics."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from freezegun import freeze_time

from andon import actions
from andon.actions import ladder
from andon.models import AndonEvent, AutoRaiseRule, ResponseType
from tests.andon.calls import call
from tests.andon.policies import policy
from tests.support.factories import LineFactory, MachineFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def browser():
    """`browser("engineer")`: somebody of that role, signed in, `.user`."""

    def sit(role: str) -> Client:
        client = Client()
        client.user = UserFactory(role=role, full_name=f"The {role}")
        client.force_login(client.user, backend="accounts.backends.RoleBackend")
        return client

    return sit


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


class TestBoard:
    def test_strangers_sign_in_and_guests_have_no_right(self, browser):
        assert Client().get("/andon").status_code == 302
        assert Client().get("/andon")["Location"] == "/accounts/login?next=/andon"
        assert browser("guest").get("/andon").status_code == 403
        assert browser("integration").get("/wall/andon").status_code == 403

    def test_with_no_call_it_says_so(self, browser):
        LineFactory()
        assert "Nobody calls for help" in text_of(browser("viewer").get("/andon"))

    def test_a_call_shows_what_where_who_and_since_when(self, browser):
        with freeze_time(NOW) as clock:
            machine = MachineFactory(name="Capper")
            event = call(machine, priority="CRITICAL", description="Caps <b>crooked</b>")
            clock.tick(timedelta(minutes=2))
            ladder.sweep()
            page = text_of(browser("viewer").get("/andon"))
        assert "Stoppage" in page and "Critical" in page and "Capper" in page and "Nobody yet" in page
        assert "Caps &lt;b&gt;crooked&lt;/b&gt;" in page and str(event.reported_by) in page
        assert f'data-since="{NOW.astimezone(machine.line.site.zone).isoformat()}"' in page
        assert "level 1" in page and "next at 09:04" in page  # on the clock of the site
        assert "2 min 00 s" in page

    def test_the_unanswered_come_first_and_of_them_the_most_urgent(self, browser):
        events = [call(priority=priority) for priority in ("LOW", "CRITICAL", "HIGH")]
        actions.acknowledge(event=events[1], actor=UserFactory())
        shown = browser("viewer").get("/andon").context
        assert [card.call for card in shown["cards"]] == [events[2], events[0], events[1]]
        assert shown["counts"] == {"open": 3, "unanswered": 2, "escalated": 0, "late": 0}

    def test_past_its_target_a_call_is_late(self, browser):
        with freeze_time(NOW) as clock:
            call(event_type="SAFETY")
            clock.tick(timedelta(minutes=ResponseType.objects.get(event_type="SAFETY").target_minutes))
            assert browser("viewer").get("/andon").context["counts"]["late"] == 0
            clock.tick(1)
            page = browser("viewer").get("/andon")
        assert page.context["counts"]["late"] == 1 and "Shift manager" in text_of(page)

    def test_one_line_alone(self, browser):
        events = [call(), call()]
        page = browser("viewer").get("/andon", {"line": events[0].line_id})
        assert [card.call for card in page.context["cards"]] == [events[0]]
        assert f'data-live-line="{events[0].line_id}"' in text_of(page)

    @pytest.mark.parametrize("line", ["x", "-1", "9" * 30, "999999", "1 OR 1=1", "²"])
    @pytest.mark.parametrize("path", ["/andon", "/wall/andon", "/andon/statistics"])
    def test_a_line_that_is_none(self, browser, path, line):
        assert browser("viewer").get(path, {"line": line}).status_code == 404

    @pytest.mark.parametrize(
        ("role", "verbs"),
        [
            ("viewer", set()),
            ("operator", {"raise"}),
            ("maintenance", {"acknowledge", "resolve", "cancel", "escalate"}),
            ("quality", {"raise", "acknowledge", "cancel", "escalate"}),
            ("engineer", {"raise", "acknowledge", "resolve", "cancel", "escalate"}),
        ],
    )
    def test_it_offers_what_the_role_may_do_and_nothing_else(self, browser, role, verbs):
        event = call()
        page = text_of(browser(role).get("/andon"))
        offered = {
            verb
            for verb in ("acknowledge", "resolve", "cancel", "escalate")
            if f'"/andon/{event.pk}/{verb}"' in page
        }
        offered |= {"raise"} if '"/andon/raise"' in page else set()
        assert offered == verbs

    def test_the_live_part_comes_alone(self, browser):
        call()
        part = browser("viewer").get("/andon", headers={**FRAGMENT, "HX-Target": "andon-board"})
        assert "<html" not in text_of(part) and "Stoppage" in text_of(part)
        assert part["Cache-Control"] == "private, no-store"

    def test_the_same_few_queries_however_many_calls(self, browser):
        client, counts = browser("engineer"), []
        for calls in (2, 6):
            for _ in range(calls):
                actions.acknowledge(event=call(), actor=UserFactory())
            with CaptureQueriesContext(connection) as queries:
                client.get("/andon")
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 8

    def test_a_call_that_a_rule_made_names_it(self, browser):
        rule = AutoRaiseRule.objects.create(name="Line down", trigger="MACHINE_DOWN")
        machine = MachineFactory()
        actions.raise_event(
            line=machine.line, machine=machine, event_type="STOPPAGE", priority="HIGH", description="",
            actor=None, rule=rule,
        )  # fmt: skip
        assert "Line down" in text_of(browser("viewer").get("/andon"))


class TestDeeds:
    def test_one_touch_says_i_am_on_it(self, browser):
        event, client = call(), browser("engineer")
        answer = client.post(f"/andon/{event.pk}/acknowledge", headers=FRAGMENT)
        assert (answer.status_code, "plant-changed" in answer["HX-Trigger"]) == (204, True)
        event.refresh_from_db()
        assert (event.status, event.acknowledged_by) == ("ACKNOWLEDGED", client.user)

    def test_who_comes_second_is_told_who_was_first(self, browser):
        event, second = call(), browser("maintenance")
        actions.acknowledge(event=event, actor=browser("engineer").user)
        answer = second.post(f"/andon/{event.pk}/acknowledge", headers=FRAGMENT)
        assert (answer.status_code, answer["HX-Redirect"]) == (204, "/andon")
        assert "The engineer is on it already." in text_of(second.get("/andon"))

    def test_without_scripts_it_leads_back_to_the_board(self, browser):
        event, client = call(), browser("engineer")
        assert client.post(f"/andon/{event.pk}/acknowledge")["Location"] == "/andon"
        assert client.get(f"/andon/{event.pk}/acknowledge").status_code == 405

    @pytest.mark.parametrize(
        ("verb", "form", "status"),
        [
            ("resolve", {"resolution_notes": "Belt changed"}, "RESOLVED"),
            ("resolve", {}, "RESOLVED"),
            ("cancel", {"reason": "By mistake"}, "CANCELLED"),
        ],
    )
    def test_a_sheet_ends_a_call(self, browser, verb, form, status):
        event, client = call(), browser("engineer")
        sheet = client.get(f"/andon/{event.pk}/{verb}", headers=FRAGMENT)
        assert sheet.status_code == 200 and "<html" not in text_of(sheet)
        answer = client.post(f"/andon/{event.pk}/{verb}", form, headers=FRAGMENT)
        assert (answer.status_code, "sheet-done" in answer["HX-Trigger"]) == (204, True)
        event.refresh_from_db()
        assert event.status == status

    def test_a_cancellation_without_a_reason_is_asked_again(self, browser):
        event = call()
        answer = browser("engineer").post(f"/andon/{event.pk}/cancel", {"reason": " "}, headers=FRAGMENT)
        assert answer.status_code == 200 and "required" in text_of(answer)
        event.refresh_from_db()
        assert event.status == "OPEN"

    def test_what_is_over_says_so_and_keeps_what_was_typed(self, browser):
        event, client = call(), browser("engineer")
        actions.resolve(event=event, resolution_notes="", actor=client.user)
        answer = client.post(f"/andon/{event.pk}/resolve", {"resolution_notes": "My words"}, headers=FRAGMENT)
        assert answer.status_code == 200
        assert "RESOLVED cannot become RESOLVED" in text_of(answer) and "My words" in text_of(answer)

    def test_the_next_level_is_named_before_it_is_told(self, browser):
        policy((5, "REPORTED", ["quality", "admin"], ["PAGE"]))
        event, client = call(), browser("engineer")
        assert "Level 1: Quality, Administrator." in text_of(client.get(f"/andon/{event.pk}/escalate"))
        assert client.post(f"/andon/{event.pk}/escalate")["Location"] == "/andon"
        event.refresh_from_db()
        assert event.escalation_level == 1
        assert "no level above" in text_of(client.get(f"/andon/{event.pk}/escalate"))
        again = client.post(f"/andon/{event.pk}/escalate")
        assert again.status_code == 200 and "Maximum escalation level" in text_of(again)

    @pytest.mark.parametrize("verb", ["acknowledge", "resolve", "cancel", "escalate"])
    def test_who_may_not_may_not(self, browser, verb):
        event = call()
        assert browser("operator").post(f"/andon/{event.pk}/{verb}", {"reason": "x"}).status_code == 403
        assert browser("admin").post(f"/andon/{10**9}/{verb}", {"reason": "x"}).status_code == 404
        event.refresh_from_db()
        assert event.status == "OPEN"

    def test_the_history_tells_everything(self, browser):
        machine, client = MachineFactory(), browser("engineer")
        event = call(machine, description="Noise")
        call(machine, description="Louder")
        actions.escalate(event=event, actor=client.user)
        actions.resolve(event=event, resolution_notes="Bearing", actor=client.user)
        for headers in ({}, FRAGMENT):
            page = text_of(client.get(f"/andon/{event.pk}/history", headers=headers))
            for words in ("Called", "Noise", "Called again", "Louder", "Escalated", "level 1", "Bearing"):
                assert words in page
            assert page.count("The engineer") >= 2

    def test_the_history_is_for_who_sees_calls(self, browser):
        assert browser("guest").get(f"/andon/{call().pk}/history").status_code == 403
        assert browser("viewer").get(f"/andon/{10**9}/history").status_code == 404


class TestRaise:
    FORM = {"event_type": "QUALITY", "priority": "HIGH", "description": "Caps sit crooked"}

    def test_a_machine_calls(self, browser):
        machine, client = MachineFactory(), browser("operator")
        assert client.get("/andon/raise", {"line": machine.line_id}).status_code == 200
        answer = client.post("/andon/raise", self.FORM | {"machine": machine.pk}, headers=FRAGMENT)
        assert answer.status_code == 204
        event = AndonEvent.objects.get()
        assert (event.machine, event.line, event.reported_by) == (machine, machine.line, client.user)
        assert (event.event_type, event.priority, event.description) == tuple(self.FORM.values())

    def test_a_line_calls(self, browser):
        line = LineFactory()
        assert browser("operator").post("/andon/raise", self.FORM | {"line": line.pk}).status_code == 302
        assert AndonEvent.objects.get().line == line

    @pytest.mark.parametrize(
        "wrong",
        [
            {},
            {"line": "x"},
            {"line": 10**20},
            {"machine": "1\0"},
            {"event_type": "FIRE"},
            {"priority": ""},
            {"description": "a\0b"},
            {"description": "x" * 2001},
        ],
    )
    def test_what_cannot_be_is_said_and_nothing_typed_is_lost(self, browser, wrong):
        line = {"line": LineFactory().pk} if wrong and "line" not in wrong else {}
        answer = browser("operator").post("/andon/raise", self.FORM | line | wrong)
        assert answer.status_code == 200 and answer.context["form"].errors
        assert not AndonEvent.objects.exists()

    def test_a_line_that_is_off_cannot_be_chosen(self, browser):
        line = LineFactory(enabled=False)
        assert browser("operator").post("/andon/raise", self.FORM | {"line": line.pk}).status_code == 200
        assert not AndonEvent.objects.exists()

    def test_who_may_not_may_not(self, browser):
        assert browser("viewer").get("/andon/raise").status_code == 403
        assert browser("maintenance").post("/andon/raise", self.FORM).status_code == 403


class TestWall:
    def test_it_shows_what_fits_and_counts_the_rest(self, browser):
        for _ in range(10):
            call(priority="HIGH")
        page = browser("viewer").get("/wall/andon")
        assert len(page.context["cards"]) == 8 and "and 2 more calls" in text_of(page)

    def test_it_has_no_controls(self, browser):
        call()
        page = text_of(browser("admin").get("/wall/andon"))
        assert not [tag for tag in ("<button", "<form", "<a ", "<input", "<details") if tag in page]
        assert "Nobody is on it" in page and "data-live-floor" in page

    def test_the_live_part_comes_alone(self, browser):
        part = browser("viewer").get("/wall/andon", headers={"HX-Target": "andon-wall"})
        assert "<html" not in text_of(part) and "Nobody calls for help" in text_of(part)


class TestStatistics:
    def test_pictures_tables_and_figures(self, browser):
        machine = MachineFactory()
        for _ in range(3):
            event = call(machine, priority="HIGH")
        actions.acknowledge(event=event, actor=UserFactory())
        page = browser("viewer").get("/andon/statistics", {"days": 7})
        text = text_of(page)
        assert 'data-chart="answers"' in text and 'data-chart="causes"' in text
        assert f"{machine.equipment_code}: Stoppage" in text and "Chattering" in text
        assert page.context["told"].total.calls == 1

    def test_of_nothing_it_says_so(self, browser):
        text = text_of(browser("viewer").get("/andon/statistics", {"days": "nonsense"}))
        assert "Nobody called in this time." in text and "Nothing was forgotten." in text

    @pytest.mark.parametrize(
        "table", ["answers", "causes", "types", "lines", "floods", "chattering", "stale"]
    )
    def test_every_table_downloads(self, browser, table):
        for _ in range(11):
            event = call(MachineFactory(), description="=1+1")
        for _ in range(2):
            call(event.machine)
        answer = browser("viewer").get("/andon/statistics", {"table": table, "format": "csv"})
        assert answer["Content-Type"].startswith("text/csv")
        head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert all(len(row) == len(head) for row in rows) and (rows or table == "stale")

    def test_an_unknown_table_is_not_found(self, browser):
        assert browser("viewer").get("/andon/statistics", {"table": "x", "format": "csv"}).status_code == 404

    def test_guests_have_no_right(self, browser):
        assert browser("guest").get("/andon/statistics").status_code == 403


def test_the_bar_leads_there_for_who_may(browser):
    assert 'href="/andon"' in text_of(browser("viewer").get("/"))
    assert 'href="/andon"' not in text_of(browser("guest").get("/accounts/profile"))


class TestNotices:
    """The channel `page`: told wherever the person is, until they wave it away or the call is over."""

    @pytest.fixture
    def told(self, browser):
        client = browser("quality")
        policy((5, "REPORTED", ["quality"], ["PAGE"]), (9, "REPORTED", ["quality"], ["PAGE"]))
        event = call()
        for _ in range(2):
            actions.escalate(event=event, actor=UserFactory(role="engineer"))
        return client, event

    def test_the_bell_counts_calls_and_the_board_names_them(self, browser, told):
        client, event = told
        bell = text_of(client.get("/andon/bell"))
        assert ">1<" in bell and "call for you" in bell
        board = text_of(client.get("/andon"))
        assert f'href="#call-{event.pk}"' in board and "level 2, 0 s ago" in board
        other = browser("viewer")
        assert text_of(other.get("/andon/bell")) == "" and "For you" not in text_of(other.get("/andon"))

    def test_seen_is_seen(self, told):
        client, event = told
        assert client.post("/andon/seen", headers=FRAGMENT).status_code == 204
        assert text_of(client.get("/andon/bell")) == "" and "For you" not in text_of(client.get("/andon"))
        assert client.post("/andon/seen")["Location"] == "/andon"

    def test_what_is_over_concerns_nobody(self, told):
        client, event = told
        actions.resolve(event=event, resolution_notes="", actor=UserFactory())
        assert text_of(client.get("/andon/bell")) == ""

    def test_nobody_sees_for_another(self, browser, told):
        client, event = told
        browser("engineer").post("/andon/seen")
        assert "call for you" in text_of(client.get("/andon/bell"))
        assert browser("guest").post("/andon/seen").status_code == 403
        assert browser("guest").get("/andon/bell").status_code == 403

    def test_the_bell_hangs_on_every_page_of_who_may(self, browser):
        assert 'hx-get="/andon/bell"' in text_of(browser("viewer").get("/accounts/profile"))
        assert 'hx-get="/andon/bell"' not in text_of(browser("guest").get("/accounts/profile"))
