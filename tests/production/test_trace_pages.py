"""The trace page: one box for everything, and what is shown of it to whom."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from production.models import LabelPrint
from tests.production.genealogy import component_lot, lot_with, scan
from tests.production.test_genealogy import Web
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client):
    """A browser of somebody of this role."""

    def sign_in(role="quality"):
        user = UserFactory(role=role, full_name="Kim Min-ji")
        client.force_login(user, backend="accounts.backends.RoleBackend")
        return client

    return sign_in


@pytest.fixture
def web():
    return Web()


def words(answer) -> str:
    return answer.content.decode()


def test_a_scan_leads_to_what_bears_the_number(web, signed_in):
    client = signed_in()
    for scanned, number in (
        (web.u1.serial_number, web.u1.serial_number),
        (f"  {web.u1.serial_number.lower()} ", web.u1.serial_number),
        (web.sub.lot_number, web.sub.lot_number),
        ("b1", "B1"),
    ):
        answer = client.get("/trace", {"q": scanned})
        assert (answer.status_code, answer["Location"]) == (302, f"/trace/{number}"), scanned
        assert number in words(client.get(answer["Location"]))


def test_nothing_scanned_and_nothing_found(signed_in):
    client = signed_in()
    assert "Scan a label" in words(client.get("/trace"))
    for address in ("/trace?q=nowhere", "/trace/nowhere"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "Nothing bears the number nowhere" in words(answer)
    hostile = client.get("/trace", {"q": "<script>alert(1)</script>"})
    assert "<script>alert" not in words(hostile)


def test_the_history_of_a_unit(web, signed_in):
    told = words(signed_in().get(f"/trace/{web.u2.serial_number}"))
    assert (
        "Made" in told
        and "BUSBAR" in told
        and "2.5" in told
        and 'href="/trace/B1?kind=component_lot"' in told
    )
    assert "<svg" in told and told.count(web.u2.serial_number) > 2


@pytest.mark.parametrize("view", ["history", "family", "recall", "nonsense", ""])
def test_every_view_of_everything_opens(web, signed_in, view):
    client = signed_in()
    for number in (web.w1.serial_number, web.mid.lot_number, "C1", "B1", web.w3.serial_number):
        answer = client.get(f"/trace/{number}", {"view": view})
        assert answer.status_code == 200 and number in words(answer)


def test_a_lot_and_a_component_lot_of_one_number(signed_in):
    lot, _units = lot_with(1)
    component_lot(lot_number=lot.lot_number, made_in=lot, part_code="SUB")
    client = signed_in()
    assert client.get(f"/trace/{lot.lot_number}").context["subject"].kind == "lot"
    answer = client.get(f"/trace/{lot.lot_number}?kind=component_lot")
    assert answer.context["subject"].kind == "component_lot"


def test_the_recall_shows_the_balance_and_gives_the_file(web, signed_in):
    client = signed_in()
    told = words(client.get("/trace/B1?view=recall"))
    assert "Adds up" in told and "95.5" in told and web.w1.serial_number in told
    assert web.u3.serial_number not in told
    answer = client.get("/trace/B1?table=recall")
    assert answer["Content-Type"].startswith("text/csv")
    assert len(answer.content.decode("utf-8-sig").splitlines()) == 6


def test_labels_as_files(web, signed_in):
    client = signed_in()
    for kind, begins in (("pdf", b"%PDF"), ("svg", b"<svg"), ("zpl", b"^XA")):
        assert client.get(f"/trace/{web.u1.serial_number}?label={kind}").content.startswith(begins)
        assert client.get(f"/trace/{web.sub.lot_number}?label={kind}").content.startswith(begins)
    assert b"<html" in client.get("/trace/B1?label=pdf").content, "a delivery has the label of its supplier"


def test_a_reprint_says_why(web, signed_in):
    client, url = signed_in("operator"), f"/trace/{web.u1.serial_number}"
    answer = client.post(url, {"deed": "reprint", "reason": " "})
    assert answer.status_code == 200 and "This field is required" in words(answer)
    answer = client.post(url, {"deed": "reprint", "reason": "torn"}, follow=True)
    assert "Reprint number 1 is noted" in words(answer) and "torn" in words(answer)
    assert LabelPrint.objects.get().reason == "torn"


def test_blocking_and_releasing(web, signed_in):
    client = signed_in("quality")
    answer = client.post("/trace/B1", {"deed": "quarantine", "reason": "cracks"}, follow=True)
    assert "Blocked" in words(answer) and "Release it" in words(answer)
    answer = client.post("/trace/B1", {"deed": "quarantine", "reason": "again"})
    assert answer.status_code == 200 and "cannot become" in words(answer) and "again" in words(answer)
    assert "Block it" in words(client.post("/trace/B1", {"deed": "release", "reason": "sorted"}, follow=True))


@pytest.mark.parametrize(
    ("role", "number", "deed", "status"),
    [
        ("viewer", "unit", "reprint", 403),
        ("operator", "B1", "quarantine", 403),
        ("admin", "B1", "reprint", 404),
        ("admin", "unit", "quarantine", 404),
        ("admin", "unit", "explode", 404),
        ("admin", "nowhere", "reprint", 404),
    ],
)
def test_deeds_have_their_rights_and_places(web, signed_in, role, number, deed, status):
    number = web.u1.serial_number if number == "unit" else number
    answer = signed_in(role).post(f"/trace/{number}", {"deed": deed, "reason": "x"})
    assert answer.status_code == status


def test_who_has_no_right_is_told_so(web, signed_in, client):
    assert client.get("/trace").status_code == 302, "to the login page"
    for role, status in (("operator", 200), ("viewer", 200), ("guest", 403), ("integration", 403)):
        for address in ("/trace", f"/trace/{web.u1.serial_number}", "/trace/B1?view=recall"):
            answer = signed_in(role).get(address)
            assert answer.status_code == status, (role, address)
            assert status == 200 or "does not show the history" in words(answer)
    told = words(signed_in("viewer").get(f"/trace/{web.u1.serial_number}"))
    assert "Print the label again" not in told


def test_as_many_queries_however_much_happened(signed_in):
    client, row, (_lot, units) = signed_in(), component_lot(), lot_with(2)
    counts = {address: [] for address in ("history", "family", "recall")}
    for _ in range(2):
        scan(row, units[0])
        for view, found in counts.items():
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"/trace/{units[0].serial_number}?view={view}").status_code == 200
            found.append(len(queries))
    assert all(len(set(found)) == 1 for found in counts.values()), counts
