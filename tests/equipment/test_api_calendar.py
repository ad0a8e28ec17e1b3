"""Shift patterns, exceptions and the shifts that come out of them, over HTTP."""

from __future__ import annotations

import pytest

from equipment.models import CalendarException, ShiftPattern
from equipment.signals import calendar_changed
from tests.support.api import API, client_for
from tests.support.factories import (
    AreaFactory,
    CalendarExceptionFactory,
    LineFactory,
    ShiftPatternFactory,
    SiteFactory,
)

pytestmark = pytest.mark.django_db

NIGHT = {
    "name": "Night",
    "weekdays": [6, 5, 6],
    "start_time": "22:00",
    "end_time": "06:00",
    "breaks": [{"start_time": "02:00", "end_time": "02:30"}],
    "valid_from": "2026-01-01",
}


@pytest.fixture
def line():
    return LineFactory(area__site__timezone="Europe/Berlin")


@pytest.fixture
def heard():
    found = []

    def listener(sender, line_id, site_id, **kwargs):
        found.append((line_id, site_id))

    calendar_changed.connect(listener)
    yield found
    calendar_changed.disconnect(listener)


def shifts(line, start, end):
    answer = client_for("viewer").get(
        f"{API}production/lines/{line.pk}/calendar", {"start": start, "end": end}
    )
    assert answer.status_code == 200, answer.json()
    return answer.json()["shifts"]


class TestPatterns:
    def test_a_pattern_comes_back_as_it_was_given(self, line):
        made = client_for("engineer").post(f"{API}shift-patterns", {**NIGHT, "line_id": line.pk})
        assert made.status_code == 201
        row = made.json()
        assert {key: row[key] for key in NIGHT} == {
            **NIGHT,
            "weekdays": [5, 6],
            "start_time": "22:00:00",
            "end_time": "06:00:00",
            "breaks": [{"start_time": "02:00:00", "end_time": "02:30:00"}],
        }
        assert (row["line_id"], row["site_id"], row["valid_to"]) == (line.pk, None, None)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"weekdays": [7]}, "weekdays.0"),
            ({"weekdays": [-1]}, "weekdays.0"),
            ({"weekdays": "Monday"}, "weekdays"),
            ({"weekdays": None}, "weekdays"),
            ({"weekdays": [0] * 8}, "weekdays"),
            ({"start_time": "25:00"}, "start_time"),
            ({"start_time": "22:00+09:00"}, "start_time"),
            ({"start_time": None}, "start_time"),
            ({"end_time": 6}, "end_time"),
            ({"breaks": {}}, "breaks"),
            ({"breaks": [{"start_time": "02:00"}]}, "breaks.0.end_time"),
            ({"breaks": [{"start_time": "02:00", "end_time": "2 am"}]}, "breaks.0.end_time"),
            ({"breaks": [{"start_time": "02:00", "end_time": "02:30"}] * 25}, "breaks"),
            ({"valid_from": "1900-01-01"}, "valid_from"),
            ({"valid_from": "2190-01-01"}, "valid_from"),
            ({"valid_from": "2026-02-30"}, "valid_from"),
            ({"valid_to": "2025-12-31"}, "valid_to"),
            ({"valid_to": "9999-12-31"}, "valid_to"),
            ({"name": ""}, "name"),
            ({"line_id": None}, "line_id"),
            ({"line_id": 0}, "line_id"),
            ({"line_id": "x"}, "line_id"),
        ],
    )
    def test_bad_input_names_the_field_and_stores_nothing(self, line, change, field):
        answer = client_for("engineer").post(f"{API}shift-patterns", {**NIGHT, "line_id": line.pk, **change})
        assert answer.status_code == 400
        assert field in answer.json()["errors"]
        assert not ShiftPattern.objects.exists()

    def test_not_of_a_line_and_a_site_at_once(self, line):
        body = {**NIGHT, "line_id": line.pk, "site_id": line.site.pk}
        answer = client_for("engineer").post(f"{API}shift-patterns", body)
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {"line_id", "site_id"})

    def test_those_in_force_on_a_day(self, line):
        ShiftPatternFactory(line=line, name="Old", valid_to="2026-01-31")
        ShiftPatternFactory(line=line, name="New", valid_from="2026-02-01")
        client = client_for("viewer")
        for day, name in [("2026-01-31", "Old"), ("2026-02-01", "New")]:
            page = client.get(f"{API}shift-patterns?line_id={line.pk}&valid_on={day}").json()
            assert [row["name"] for row in page["results"]] == [name]


class TestExceptions:
    def test_a_holiday_of_a_site_and_overtime_of_a_line(self, line):
        client = client_for("engineer")
        made = client.post(
            f"{API}calendar-exceptions", {"site_id": line.site.pk, "date": "2026-05-01", "kind": "holiday"}
        )
        assert (made.status_code, made.json()["kind"], made.json()["start_time"]) == (201, "HOLIDAY", None)
        made = client.post(
            f"{API}calendar-exceptions",
            {
                "line_id": line.pk,
                "date": "2026-05-02",
                "kind": "OVERTIME",
                "start_time": "06:00",
                "end_time": "12:00",
            },
        )
        assert made.status_code == 201

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"kind": "OVERTIME"}, "start_time"),
            ({"kind": "PARTY"}, "kind"),
            ({"start_time": "06:00"}, "end_time"),
            ({"end_time": "06:00"}, "start_time"),
            ({"date": "2190-01-01"}, "date"),
            ({"date": None}, "date"),
            ({"line_id": None}, "line_id"),
        ],
    )
    def test_bad_input_names_the_field(self, line, change, field):
        body = {"line_id": line.pk, "date": "2026-05-01", "kind": "HOLIDAY", **change}
        answer = client_for("engineer").post(f"{API}calendar-exceptions", body)
        assert answer.status_code == 400
        assert field in answer.json()["errors"]
        assert not CalendarException.objects.exists()

    def test_a_span_of_days(self, line):
        CalendarExceptionFactory(line=line, date="2026-05-01")
        CalendarExceptionFactory(line=line, date="2026-06-01")
        page = (
            client_for("viewer")
            .get(f"{API}calendar-exceptions?start_date=2026-05-02&end_date=2026-06-01")
            .json()
        )
        assert [row["date"] for row in page["results"]] == ["2026-06-01"]


class TestShifts:
    """Clocks in Berlin: 02:00 → 03:00 on 2026-03-29, 03:00 → 02:00 on 2026-10-25."""

    @pytest.fixture(autouse=True)
    def nights(self, line):
        ShiftPatternFactory(
            line=line,
            name="Night",
            weekdays=list(range(7)),
            start_time="22:00",
            end_time="06:00",
            breaks=[{"start_time": "04:00", "end_time": "04:30"}],
        )

    def test_the_spring_night_lacks_an_hour(self, line):
        (night,) = shifts(line, "2026-03-29T00:00:00+01:00", "2026-03-29T12:00:00+02:00")
        assert night == {
            "day": "2026-03-28",
            "name": "Night",
            "start": "2026-03-28T22:00:00+01:00",
            "end": "2026-03-29T06:00:00+02:00",
            "breaks": [{"start": "2026-03-29T04:00:00+02:00", "end": "2026-03-29T04:30:00+02:00"}],
            "planned_seconds": 6.5 * 3600,
        }

    def test_the_autumn_night_has_one_more(self, line):
        (night,) = shifts(line, "2026-10-25T00:00:00+02:00", "2026-10-25T12:00:00+01:00")
        assert (night["start"], night["end"]) == ("2026-10-24T22:00:00+02:00", "2026-10-25T06:00:00+01:00")
        assert night["planned_seconds"] == 8.5 * 3600

    def test_an_ordinary_night(self, line):
        (night,) = shifts(line, "2026-03-10T00:00:00+01:00", "2026-03-10T12:00:00+01:00")
        assert night["planned_seconds"] == 7.5 * 3600

    def test_where_clocks_do_not_change(self):
        line = LineFactory(area=AreaFactory(site=SiteFactory(timezone="Asia/Seoul")))
        ShiftPatternFactory(site=line.site, weekdays=[6], start_time="08:00", end_time="16:00", breaks=[])
        (shift,) = shifts(line, "2026-03-29T00:00:00+09:00", "2026-03-30T00:00:00+09:00")
        assert (shift["start"], shift["planned_seconds"]) == ("2026-03-29T08:00:00+09:00", 8 * 3600)

    def test_a_holiday_takes_the_shift_away(self, line):
        CalendarExceptionFactory(site=line.site, date="2026-03-28")
        assert shifts(line, "2026-03-29T00:00:00+01:00", "2026-03-29T12:00:00+02:00") == []

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("", "start"),
            ("start=2026-03-29T00:00:00&end=2026-03-30T00:00:00Z", "start"),
            ("start=2026-03-29T00:00:00Z&end=2026-03-28T00:00:00Z", "end"),
            ("start=2026-03-29T00:00:00Z&end=2026-03-29T00:00:00Z", "end"),
            ("start=2020-03-29T00:00:00Z&end=2026-03-28T00:00:00Z", "end"),
            ("start=2026-03-29T00:00:00Z&end=2190-03-28T00:00:00Z", "end"),
            ("start=0001-01-01T00:00:00%2B14:00&end=2026-01-01T00:00:00Z", "start"),
            ("start=yesterday&end=2026-01-01T00:00:00Z", "start"),
            ("start=2026-03-29T00:00:00Z&end=2026-03-30T00:00:00Z&zone=UTC", "zone"),
        ],
    )
    def test_a_window_that_cannot_be_is_named(self, line, query, field):
        answer = client_for("viewer").get(f"{API}production/lines/{line.pk}/calendar?{query}")
        assert answer.status_code == 400
        assert field in answer.json()["errors"]

    def test_guests_see_no_calendar(self, line):
        assert client_for("guest").get(f"{API}production/lines/{line.pk}/calendar").status_code == 403


class TestAnnouncements:
    def test_a_rule_is_announced_where_it_holds_and_where_it_held(self, line, heard):
        other = LineFactory()
        pattern = ShiftPatternFactory(line=line)
        assert heard == [(line.pk, None)]
        heard.clear()
        where = f"{API}shift-patterns/{pattern.pk}"
        client_for("engineer").patch(where, {"line_id": other.pk})
        assert sorted(heard) == sorted([(line.pk, None), (other.pk, None)])
        heard.clear()
        client_for("admin").delete(where)
        assert heard == [(other.pk, None)]

    def test_exceptions_too(self, line, heard):
        exception = CalendarExceptionFactory(site=line.site)
        exception.delete()
        assert heard == [(None, line.site.pk)] * 2

    def test_a_zone_moves_every_shift_of_its_site(self, line, heard):
        client = client_for("engineer")
        client.patch(f"{API}sites/{line.site.pk}", {"name": "Other"})
        assert heard == []
        client.patch(f"{API}sites/{line.site.pk}", {"timezone": "Asia/Seoul"})
        assert heard == [(None, line.site.pk)]

    def test_a_line_that_moves_lives_by_another_calendar(self, line, heard):
        there = AreaFactory()
        client_for("production_manager").patch(f"{API}production/lines/{line.pk}", {"area": there.pk})
        assert heard == [(line.pk, None)]
        heard.clear()
        client_for("engineer").patch(f"{API}areas/{there.pk}", {"site_id": SiteFactory().pk})
        assert heard == [(line.pk, None)]
