"""Calls for help as the floor tells them: tiles, summary, alerts, pages and sockets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from freezegun import freeze_time

from andon import actions
from floor.live.hub import line_news
from floor.selectors.tiles import line_tiles, summary
from tests.andon.calls import call
from tests.floor.plant import NOW, at, make_line, running_line, state
from tests.support.api import API, client_for
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def four_hours_into_the_shift():
    with freeze_time(NOW):
        yield


def finish(event):
    actions.resolve(event=event, resolution_notes="", actor=UserFactory())


def test_a_tile_counts_its_open_calls():
    line, other = running_line(), running_line()
    machine = line.machines.get()
    stoppage = call(machine)
    safety = call(machine, event_type="SAFETY", priority="CRITICAL")
    finish(call(machine, event_type="QUALITY"))
    tiles = {tile.line_id: tile for tile in line_tiles(now=NOW)}
    assert tiles[line.pk].calls == (safety, stoppage)
    assert (tiles[line.pk].open_andons, tiles[other.pk].open_andons) == (2, 0)
    assert summary(list(tiles.values())).open_andon_events == 2


def test_the_dashboard_tells_them_until_they_end():
    line, viewer = running_line(), client_for("viewer")
    event = call(line.machines.get(), description="Cap jam")
    row = viewer.get(f"{API}dashboard/lines/{line.pk}/status").json()
    [told] = row["active_andon_events"]
    assert told == viewer.get(f"{API}andon/events/{event.pk}").json()
    actions.acknowledge(event=event, actor=UserFactory())
    assert viewer.get(f"{API}dashboard/summary").json()["open_andon_events"] == 1
    finish(event)
    assert viewer.get(f"{API}dashboard/lines").json()["results"][0]["active_andon_events"] == []
    assert viewer.get(f"{API}dashboard/summary").json()["open_andon_events"] == 0


def test_the_summary_counts_the_calls_of_the_shift():
    machine, viewer = running_line().machines.get(), client_for("viewer")
    with freeze_time(NOW - timedelta(days=2)):
        old = call(machine)
        finish(call(machine, event_type="QUALITY"))
    finish(call(machine, event_type="SAFETY"))
    told = viewer.get(f"{API}dashboard/summary").json()
    assert (told["total_andon_events"], told["open_andon_events"]) == (2, 1)
    finish(old)
    told = viewer.get(f"{API}dashboard/summary").json()
    assert (told["total_andon_events"], told["open_andon_events"]) == (1, 0)


def test_alerts_hold_the_calls_by_their_priority():
    line, quiet = running_line(), make_line()
    state(line.machines.get(), "FAULT", at(3.9))
    call(line=line, priority="LOW", event_type="MATERIAL")
    call(line.machines.get(), priority="CRITICAL", event_type="SAFETY", description="Gate open")
    rows = client_for("viewer").get(f"{API}dashboard/alerts").json()["results"]
    assert [(row["alert_type"], row["priority"], row["line_id"]) for row in rows] == [
        ("ANDON_SAFETY", "CRITICAL", line.pk),
        ("LINE_FAULT", "HIGH", line.pk),
        ("NO_SIGNAL", "MEDIUM", quiet.pk),
        ("ANDON_MATERIAL", "LOW", line.pk),
    ]
    assert rows[0]["message"] == "Safety: Gate open" and rows[0]["since"] == "2026-03-02T10:00:00Z"
    assert rows[0]["equipment_code"] == line.machines.get().equipment_code
    assert rows[3]["equipment_code"] is None


def test_the_pages_show_the_number():
    line = running_line()
    call(line.machines.get())
    call(line=line)
    client = Client()
    client.force_login(UserFactory(role="viewer"), backend="accounts.backends.RoleBackend")
    for page in ("/", f"/lines/{line.pk}"):
        assert "2 open calls" in client.get(page).content.decode()


def test_a_new_call_is_news_of_its_line():
    from floor.live.present import present

    line = running_line()
    before = present([line.pk]).lines[line.pk]
    call(line.machines.get())
    after = present([line.pk]).lines[line.pk]
    assert [kind for kind, _data in line_news(before, after)] == ["line_status_update"]
    assert list(line_news(after, present([line.pk]).lines[line.pk])) == []
