"""Numbers of lots and units: filled in, kept, gone on after."""

from __future__ import annotations

from datetime import date

import pytest
from freezegun import freeze_time

from core.errors import Invalid
from production.errors import NumberTaken
from production.models import NumberPattern
from tests.support.factories import LineFactory, SiteFactory
from tests.support.production_factories import ProductFactory
from tests.support.trace_factories import lot_of, unit_in

pytestmark = pytest.mark.django_db
DAY = {"production_date": date(2024, 11, 18), "shift": "DAY"}
NIGHT = {**DAY, "shift": "NIGHT"}


def test_lots_of_a_day_and_shift_count_up():
    numbers = [lot_of(**DAY).lot_number for _ in range(3)]
    assert numbers == ["WF-KR-241118D-001", "WF-KR-241118D-002", "WF-KR-241118D-003"]
    assert lot_of(**NIGHT).lot_number == "WF-KR-241118N-001"


def test_after_999_comes_1000():
    lot_of(lot_number="WF-KR-241118D-999", **DAY)
    assert lot_of(**DAY).lot_number == "WF-KR-241118D-1000"


def test_units_are_numbered_by_the_day_of_their_lot():
    first, second = lot_of(**DAY), lot_of(**NIGHT)
    numbers = [unit_in(lot).serial_number for lot in (first, second, first)]
    assert numbers == ["SN-241118-001", "SN-241118-002", "SN-241118-003"]


def test_a_clients_number_gives_day_and_shift_and_later_ones_go_on_after_it():
    lot = lot_of(lot_number="WF-KR-241118N-041")
    assert (lot.lot_number, lot.production_date, lot.shift) == (
        "WF-KR-241118N-041",
        date(2024, 11, 18),
        "NIGHT",
    )
    assert lot_of(**NIGHT).lot_number == "WF-KR-241118N-042"
    assert lot_of(lot_number="WF-KR-241118N-007").lot_number == "WF-KR-241118N-007"
    assert lot_of(**NIGHT).lot_number == "WF-KR-241118N-043"


@pytest.mark.parametrize(
    "number",
    [
        "WF-KR-241118D-001x",
        "wf-kr-241118d-001",
        "WF-KR-241118D-1",
        "WF-KR-241118D-0001",
        "WF-KR-241118D-000",
        "WF-KR-241318D-001",
        "WF-KR-991118D-001",
        "WF-KR-241118X-001",
        "SN-241118-001",
        "WF-KR-241118D-٠٠١",
        "WF-KR-241118D-" + "9" * 60,
    ],
)
def test_a_number_of_another_pattern_is_refused(number):
    with pytest.raises(Invalid) as refusal:
        lot_of(lot_number=number)
    assert list(refusal.value.errors) == ["lot_number"]


def test_a_number_of_another_day_or_shift_than_stated_is_refused():
    for stated in ({"production_date": date(2024, 11, 19)}, {"shift": "NIGHT"}):
        with pytest.raises(Invalid):
            lot_of(lot_number="WF-KR-241118D-001", **stated)


def test_a_number_is_given_once():
    lot = lot_of(lot_number="WF-KR-241118D-001")
    unit_in(lot, serial_number="SN-241118-001")
    with pytest.raises(NumberTaken):
        lot_of(lot_number="WF-KR-241118D-001")
    with pytest.raises(NumberTaken):
        unit_in(lot, serial_number="SN-241118-001")


def test_a_clients_serial_number_may_name_another_day_than_its_lot():
    lot = lot_of(**DAY)
    assert unit_in(lot, serial_number="SN-241119-005").serial_number == "SN-241119-005"
    assert unit_in(lot).serial_number == "SN-241118-001"
    assert unit_in(lot_of(production_date=date(2024, 11, 19), shift="DAY")).serial_number == "SN-241119-006"


def test_patterns_are_the_sites_own():
    line = LineFactory(line_code="KR01")
    NumberPattern.objects.create(
        site=line.site,
        lot_pattern="{line}{product}{yyyymmdd}{shift}{seq:2}",
        serial_pattern="{lot}-{seq:4}",
    )
    product = ProductFactory(model_code="PSA")
    lots = [lot_of(product, line=line, **DAY) for _ in range(2)]
    assert [lot.lot_number for lot in lots] == ["KR01PSA20241118D01", "KR01PSA20241118D02"]
    assert [unit_in(lots[1]).serial_number for _ in range(2)] == [
        "KR01PSA20241118D02-0001",
        "KR01PSA20241118D02-0002",
    ]
    assert unit_in(lots[0]).serial_number == "KR01PSA20241118D01-0001"
    with pytest.raises(Invalid):
        unit_in(lots[0], serial_number="KR01PSA20241118D02-0007")


def test_numbers_of_an_older_pattern_are_passed_over():
    site = SiteFactory()
    pattern = NumberPattern.objects.create(site=site, lot_pattern="L{yymmdd}{shift}-{seq:1}")
    for _ in range(12):
        lot_of(**DAY)
    pattern.lot_pattern = "L{yymmdd}{shift}-{seq:2}"
    pattern.save()
    numbers = [lot_of(**DAY).lot_number for _ in range(10)]
    assert numbers[0] == "L241118D-01" and numbers[-1] == "L241118D-13"


def test_a_number_too_long_for_its_column_is_refused():
    line = LineFactory(line_code="L" * 40)
    NumberPattern.objects.create(site=line.site, lot_pattern="{line}{yymmdd}{shift}-{seq:3}")
    with pytest.raises(Invalid, match="too long"):
        lot_of(line=line, **DAY)


def test_the_day_and_shift_of_now_are_those_of_the_site():
    """Half past five in the morning in Berlin is the night shift of the day before."""
    SiteFactory(timezone="Europe/Berlin")
    with freeze_time("2024-11-19T04:30:00Z"):
        lot = lot_of()
    assert (lot.lot_number, lot.production_date, lot.shift) == (
        "WF-KR-241118N-001",
        date(2024, 11, 18),
        "NIGHT",
    )
    with freeze_time("2024-11-19T07:00:00Z"):
        assert lot_of().lot_number == "WF-KR-241119D-001"


def test_without_any_site_the_clock_is_utc():
    with freeze_time("2024-11-19T07:59:59Z"):
        assert lot_of().lot_number == "WF-KR-241118N-001"
    with freeze_time("2024-11-19T08:00:00Z"):
        assert lot_of().lot_number == "WF-KR-241119D-001"
