"""The pages of the station: what they show, to whom, and what they do with what nobody sent them."""

import pytest

from tests.floor.stations import line_of_three, sent, signed_in, text, unit_on_the_line
from tests.support.factories import LineFactory, MachineFactory
from tests.support.trace_factories import ProcessFactory, lot_of, unit_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client):
    return signed_in(client, "operator")


def test_the_steps_are_offered_and_the_last_is_remembered(client, operator):
    line_of_three()
    assert "Sensor test" in text(client.get("/stations"))
    client.get("/stations/P02_TEST")
    assert client.get("/stations")["Location"] == "/stations/P02_TEST"
    assert "used here last" in text(client.get("/stations?choose"))


def test_a_step_that_is_no_more_is_forgotten(client, operator):
    [_mark, test, _label] = line_of_three()
    client.get("/stations/P02_TEST")
    test.is_active = False
    test.save()
    assert client.get("/stations").status_code == 200


@pytest.mark.parametrize("cookie", ["x", "-1", "9" * 400, "²", "1;2"])
def test_a_strange_cookie_chooses_nothing(client, operator, cookie):
    line_of_three()
    client.cookies["station_step"] = cookie
    client.cookies["station_place"] = f"line-{cookie}"
    assert client.get("/stations").status_code == 200
    assert client.get("/stations/P01_MARK").status_code == 200


def test_a_plant_without_steps_says_what_to_do(client, operator):
    assert "No step yet" in text(client.get("/stations"))
    assert "/admin/production/process/add/" not in client.get("/stations").content.decode()


def test_the_place_is_kept_on_the_tablet(client, operator):
    machine = MachineFactory(line=LineFactory(name="Robots"), equipment_code="M7")
    line_of_three()
    assert client.post("/stations", {"place": f"machine-{machine.pk}"}).status_code == 302
    assert "Robots · M7" in text(client.get("/stations/P01_MARK"))
    client.post("/stations", {"place": "nonsense"})
    assert "Robots" not in text(client.get("/stations/P01_MARK"))


@pytest.mark.parametrize("role", ["viewer", "guest", "maintenance", "engineer"])
def test_who_records_nothing_is_told_so(client, role):
    signed_in(client, role)
    line_of_three()
    answer = client.get("/stations/P01_MARK")
    assert answer.status_code == 403 and "Your role" in text(answer)
    assert client.post("/stations/P01_MARK/step", sent(None, result="PASS")).status_code == 403


def test_nobody_is_sent_to_the_login_and_back_even_from_a_fragment(client):
    line_of_three()
    assert client.get("/stations/P01_MARK?unit=7")["Location"] == (
        "/accounts/login?next=/stations/P01_MARK%3Funit%3D7"
    )
    answer = client.get(
        "/stations/P01_MARK",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/stations/P01_MARK?unit=7"},
    )
    assert answer["HX-Redirect"] == "/accounts/login?next=%2Fstations%2FP01_MARK%3Funit%3D7"
    odd = client.get("/stations/P01_MARK", headers={"HX-Request": "true", "HX-Current-URL": "http://["})
    assert odd["HX-Redirect"] == "/accounts/login?next=%2Fstations"


def test_an_unknown_step_is_not_found(client, operator):
    assert client.get("/stations/P99").status_code == 404


def test_the_code_of_the_step_is_read_in_any_case(client, operator):
    line_of_three()
    assert client.get("/stations/p02_test").status_code == 200


def test_who_is_signed_in_stands_on_the_page_beside_the_way_out(client, operator):
    line_of_three()
    page = client.get("/stations/P01_MARK")
    assert str(operator) in text(page) and "Operator" in text(page) and "Sign out" in text(page)
    assert 'value="/accounts/login?next=/stations/P01_MARK"' in page.content.decode()


def test_a_scanned_unit_is_shown_with_how_far_it_is(client, operator):
    unit = unit_on_the_line()
    shown = text(client.get("/stations/P01_MARK", {"scan": unit.serial_number.lower()}))
    assert unit.serial_number in shown and "Wearable robot" in shown
    assert f"lot {unit.lot.lot_number}, no. 1" in shown and "0 of 3 steps passed" in shown


def test_the_form_is_made_from_what_is_measured(client, operator):
    unit_on_the_line()
    unit = unit_on_the_line_of("P02_TEST")
    page = client.get("/stations/P02_TEST", {"scan": unit.serial_number})
    shown = text(page)
    assert "Limits 0.03–0.08 mm" in shown and "blue" in shown and "Sealed" in shown
    assert 'data-lower="0.03"' in page.content.decode() and 'data-upper="0.08"' in page.content.decode()


def unit_on_the_line_of(code: str):
    """A unit whose product passes this step alone."""
    from production.models import Process
    from tests.support.production_factories import ProductFactory
    from tests.support.trace_factories import route_for

    product = ProductFactory()
    route_for(product, [Process.objects.get(process_code=code)])
    return unit_in(lot_of(product))


def test_what_must_come_first_is_named(client, operator):
    unit = unit_on_the_line()
    page = client.get("/stations/P02_TEST", {"scan": unit.serial_number})
    assert "P01_MARK must pass first." in text(page)
    assert 'id="step"' not in page.content.decode()


def test_a_manager_may_step_over_the_order_with_a_reason(client):
    signed_in(client, "production_manager")
    unit = unit_on_the_line()
    shown = text(client.get("/stations/P02_TEST", {"scan": unit.serial_number}))
    assert "P01_MARK must pass first." in shown and "Why out of order?" in shown


def test_a_step_off_the_route_is_refused_in_words(client, operator):
    unit = unit_on_the_line()
    ProcessFactory(process_number=9, process_code="P09")
    assert "does not pass this step" in text(client.get("/stations/P09", {"scan": unit.serial_number}))


@pytest.mark.parametrize("scan", ["SN-nowhere", "'; DROP TABLE", "9" * 500, "<script>alert(1)</script>"])
def test_an_unknown_number_is_said_and_the_unit_stays(client, operator, scan):
    unit = unit_on_the_line()
    page = client.get("/stations/P01_MARK", {"scan": scan, "unit": unit.serial_number})
    assert "There is no unit" in text(page) and unit.serial_number in text(page)
    assert "<script>alert" not in page.content.decode()


def test_the_fragment_comes_alone_for_htmx(client, operator):
    unit = unit_on_the_line()
    page = client.get(
        "/stations/P01_MARK", {"scan": unit.serial_number}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "<html" not in page and unit.serial_number in page and 'hx-swap-oob="innerHTML"' in page


def test_the_number_of_queries_is_constant(client, operator, django_assert_num_queries):
    unit = unit_on_the_line()
    client.get("/stations/P01_MARK", {"scan": unit.serial_number})
    with django_assert_num_queries(11):
        client.get("/stations/P01_MARK", {"scan": unit.serial_number})
