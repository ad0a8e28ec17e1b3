"""The pages of the floor: what they show, to whom, and what they do with bad addresses."""

import csv
import io
import json
import re

import pytest
from freezegun import freeze_time

from equipment.models import StopReason
from tests.floor.plant import NOW, at, early_shift, fill, make_line, make_product, pieces, running_line, state
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def four_hours_into_the_shift():
    with freeze_time(NOW):
        yield


@pytest.fixture
def viewer(client):
    client.force_login(UserFactory(role="viewer"), backend="accounts.backends.RoleBackend")
    return client


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def rows_of(response) -> list[dict]:
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def chart(response, kind: str) -> dict:
    found = re.search(
        rf'<script id="chart-{kind}-data" type="application/json">(.*?)</script>', response.content.decode()
    )
    return json.loads(found[1])


def test_the_floor_shows_its_tiles(viewer):
    line = running_line()
    shown = text(viewer.get("/"))
    assert line.name in shown and "Running" in shown and "1,000" in shown and "1,440" in shown
    assert "69.4" in shown and "Early, 06:00 – 14:00" in shown


def test_the_tiles_alone_come_for_htmx(viewer):
    running_line()
    answer = viewer.get("/", headers={"HX-Request": "true", "HX-Target": "floor-tiles"})
    assert "<html" not in answer.content.decode() and 'class="tiles"' in answer.content.decode()


def test_nobody_is_sent_to_the_login_and_back(client):
    answer = client.get("/lines/7?window=week")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login?next=/lines/7%3Fwindow%3Dweek"
    assert client.get("/")["Location"] == "/accounts/login?next=/"


def test_a_guest_is_told_what_there_is_to_do(client):
    client.force_login(UserFactory(role="guest"), backend="accounts.backends.RoleBackend")
    answer = client.get("/")
    assert answer.status_code == 403 and "/accounts/profile" in answer.content.decode()
    assert client.get(f"/lines/{running_line().pk}").status_code == 403


def test_an_empty_plant_says_what_to_do(client, viewer):
    assert "Ask an administrator" in text(viewer.get("/"))
    client.force_login(UserFactory(role="admin"), backend="accounts.backends.RoleBackend")
    assert "/admin/equipment/line/add/" in client.get("/").content.decode()


def test_pages_are_kept_by_no_cache(viewer):
    assert viewer.get("/")["Cache-Control"] == "private, no-store"


def test_the_line_page_shows_the_figure_and_its_charts(viewer):
    line = running_line()
    answer = viewer.get(f"/lines/{line.pk}")
    shown = text(answer)
    assert "69.4" in shown and "87.5" in shown and line.line_code in shown
    assert [bar["seconds"] for bar in chart(answer, "pareto")["bars"]] == [1800]
    rows = chart(answer, "timeline")["rows"]
    assert [row["label"] for row in rows] == ["06:00", "07:00", "08:00", "09:00"]
    assert [(s["state"], s["from"], s["to"]) for s in rows[2]["segments"]] == [
        ("FAULT", 0, 1800),
        ("RUNNING", 1800, 3600),
    ]
    hours = chart(answer, "hourly")["rows"]
    assert [(hour["plan"], hour["good"], hour["scrap"]) for hour in hours] == [
        (360, 0, 0),
        (360, 600, 50),
        (360, 0, 0),
        (360, 400, 0),
    ]
    assert chart(answer, "trend")["points"][-1]["oee"] == pytest.approx(10_000 / 14_400)


def test_the_trend_begins_with_the_first_signal(viewer):
    """The line has spoken today only: the days before would be nought per cent by no more than silence."""
    assert len(chart(viewer.get(f"/lines/{running_line().pk}"), "trend")["points"]) == 1


def test_the_waterfall_closes(viewer):
    answer = viewer.get(f"/lines/{running_line().pk}")
    steps = chart(answer, "waterfall")["steps"]
    levels = [step["seconds"] for step in steps if step["kind"] != "loss"]
    assert levels == [14_400, 12_600, 10_500, 10_000]
    losses = {step["label"]: step["seconds"] for step in steps if step["kind"] == "loss"}
    assert losses == {"Breakdowns": 1800, "Reduced speed": 2100, "Rejects": 500}
    level = 0.0
    for step in steps:
        if step["kind"] == "loss":
            level -= step["seconds"]
        else:
            assert level in (0.0, step["seconds"])
            level = step["seconds"]


def test_minor_stops_count_where_the_policy_says(viewer):
    line = running_line()
    state(line.machines.get(), "FAULT", at(3.5), at(3.55))  # 180 s
    steps = chart(viewer.get(f"/lines/{line.pk}"), "waterfall")["steps"]
    assert {s["label"]: s.get("factor") for s in steps if s["kind"] == "loss"}["Minor stops"] == "performance"
    line.site.loss_policies.create(minor_stops="AVAILABILITY", valid_from=NOW.date())
    steps = chart(viewer.get(f"/lines/{line.pk}"), "waterfall")["steps"]
    assert {s["label"]: s.get("factor") for s in steps if s["kind"] == "loss"}[
        "Minor stops"
    ] == "availability"
    assert [s["seconds"] for s in steps if s["kind"] != "loss"] == [14_400, 12_420, 10_500, 10_000]


def test_breaks_and_silence_are_on_the_timeline(viewer):
    line = make_line()
    early_shift(line, breaks=[("08:00", "08:15")])
    state(line.machines.get(), "RUNNING", at(1))
    rows = chart(viewer.get(f"/lines/{line.pk}"), "timeline")["rows"]
    assert [s["state"] for s in rows[0]["segments"]] == ["UNKNOWN"]
    assert [s["state"] for s in rows[2]["segments"]] == ["BREAK", "RUNNING"]


def test_a_line_in_parallel_has_a_row_per_machine(viewer):
    line = make_line(machines=2, topology="PARALLEL")
    early_shift(line)
    for machine in line.machines.all():
        state(machine, "RUNNING", at(0))
    rows = chart(viewer.get(f"/lines/{line.pk}"), "timeline")["rows"]
    assert len(rows) == 8 and rows[0]["label"] != rows[1]["label"]


@pytest.mark.parametrize("target", ["line-status", "line-figure", "line-charts"])
def test_each_part_comes_alone_for_htmx(viewer, target):
    address = f"/lines/{running_line().pk}?window=today"
    answer = viewer.get(address, headers={"HX-Request": "true", "HX-Target": target})
    assert answer.status_code == 200 and "<html" not in answer.content.decode()


@pytest.mark.parametrize(
    "query", ["window=week", "window=yesterday", "start=2026-03-01T00:00&end=2026-05-31T00:00"]
)
def test_every_window_is_shown(viewer, query):
    assert viewer.get(f"/lines/{running_line().pk}?{query}").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "start=2026-13-45T99:99&end=x",
        "window=%F0%9F%98%80",
        "start=2026-03-02T06:00&end=2026-03-02T06:00",
        "start=9999-12-31T23:59&end=9999-12-31T23:59",
    ],
)
def test_a_bad_window_is_explained_on_the_page(viewer, query):
    answer = viewer.get(f"/lines/{running_line().pk}?{query}")
    assert answer.status_code == 200 and 'id="window-error"' in answer.content.decode()


def test_times_are_the_sites_own(viewer):
    line = make_line(zone="Asia/Seoul")
    fill(line)
    answer = viewer.get(f"/lines/{line.pk}?start=2026-03-02T15:00&end=2026-03-02T19:00")
    assert [row["label"] for row in chart(answer, "timeline")["rows"]] == ["15:00", "16:00", "17:00", "18:00"]


@pytest.mark.parametrize("zone", ["Asia/Seoul", "America/New_York", "Asia/Kolkata"])
def test_the_figure_is_the_same_in_every_zone(viewer, zone):
    line = make_line(zone=zone)
    fill(line)
    page = text(viewer.get(f"/lines/{line.pk}?start=2026-03-02T06:00Z&end=2026-03-02T10:00Z"))
    assert "69.44" in page and "87.50" in page and "Produced 1,050 Good 1,000" in page


def test_a_line_that_is_not_there(viewer):
    assert viewer.get("/lines/999999").status_code == 404
    assert viewer.get("/lines/999999999999999999999").status_code == 404


@pytest.mark.parametrize("kpi", ["oee", "availability", "performance", "quality", "teep"])
def test_every_figure_opens_its_arithmetic(viewer, kpi):
    line = running_line()
    whole = viewer.get(f"/lines/{line.pk}/explain?kpi={kpi}&window=shift")
    assert whole.status_code == 200 and "<html" in whole.content.decode()
    part = viewer.get(f"/lines/{line.pk}/explain?kpi={kpi}&window=shift", headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    shown = text(part)
    assert "14,400" in shown and "12,600" in shown and "10,500" in shown and "10,000" in shown


def test_the_arithmetic_divides_as_it_says(viewer):
    line = running_line()
    values = {"oee": "69.44", "availability": "87.50", "performance": "83.33", "quality": "95.24"}
    for kpi, value in values.items():
        assert value in text(viewer.get(f"/lines/{line.pk}/explain?kpi={kpi}"))


def test_an_undefined_figure_says_why(viewer):
    line = make_line()
    early_shift(line)
    shown = text(viewer.get(f"/lines/{line.pk}/explain?kpi=oee&start=2026-03-01T20:00&end=2026-03-01T21:00"))
    assert "not scheduled" in shown


def test_an_unknown_figure_is_not_there(viewer):
    assert viewer.get(f"/lines/{running_line().pk}/explain?kpi=luck").status_code == 404


def test_the_rows_behind_a_figure_add_up_to_it(viewer):
    line = running_line()
    rows = rows_of(viewer.get(f"/lines/{line.pk}?window=shift&table=intervals&format=csv"))
    assert sum(float(row["Seconds"]) for row in rows) == 14_400
    assert sum(float(r["Seconds"]) for r in rows if r["Counts as"] == "producing") == 12_600
    counts = rows_of(viewer.get(f"/lines/{line.pk}?window=shift&table=counts&format=csv"))
    assert sum(float(row["Ideal time (s)"]) for row in counts) == 10_500


def test_the_csv_holds_every_row_where_the_page_does_not(viewer, monkeypatch):
    monkeypatch.setattr("oee.selectors.explain.MAX_ROWS", 3)
    line = running_line()
    for n in range(20):
        pieces(line.machines.get(), None, at(0.1 + n / 10), good=1)
    window = f"/lines/{line.pk}?window=shift&format=csv&table="
    counts = rows_of(viewer.get(window + "counts"))
    assert sum(int(row["Good"]) for row in counts) == 1020 and len(counts) == 22
    rows = rows_of(viewer.get(window + "intervals"))
    assert sum(float(row["Seconds"]) for row in rows) == 14_400


@pytest.mark.parametrize("table", ["timeline", "hourly", "pareto", "waterfall", "trend"])
def test_every_chart_has_its_csv(viewer, table):
    line = running_line()
    answer = viewer.get(f"/lines/{line.pk}?window=shift&table={table}&format=csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert f"{line.line_code}-{table}.csv" in answer["Content-Disposition"]
    assert rows_of(answer)


def test_an_unknown_table_is_not_there(viewer):
    assert viewer.get(f"/lines/{running_line().pk}?table=users&format=csv").status_code == 404


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1"])
def test_a_spreadsheet_executes_nothing(viewer, name):
    line = running_line()
    reason = StopReason.objects.create(code="R", name=name, loss_category="BREAKDOWN")
    state(line.machines.get(), "FAULT", at(3), at(3.5), reason=reason)
    rows = rows_of(viewer.get(f"/lines/{line.pk}?window=shift&table=pareto&format=csv"))
    assert "'" + name in [row["Reason"] for row in rows]


def test_a_reason_is_text_and_never_markup(viewer):
    line = running_line()
    reason = StopReason.objects.create(code="R", name="<script>alert(1)</script>", loss_category="BREAKDOWN")
    state(line.machines.get(), "FAULT", at(3), reason=reason)
    for address in ("/", f"/lines/{line.pk}", f"/lines/{line.pk}/explain"):
        assert "<script>alert" not in viewer.get(address).content.decode()


def test_a_log_of_the_past_is_offered_as_a_window(viewer):
    line = make_line()
    machine = line.machines.get()
    state(machine, "RUNNING", at(-24 * 500), at(-24 * 500 + 5))
    pieces(machine, make_product("60"), at(-24 * 500 + 4), good=100)
    address = re.search(r'href="([^"]+)"[^>]*>Record<', viewer.get(f"/lines/{line.pk}").content.decode())[1]
    shown = text(viewer.get(address.replace("&amp;", "&")))
    assert "100" in shown and "33.3" in shown  # 6,000 s of ideal time in 5 h


def test_the_number_of_queries_of_a_line_page_does_not_grow_with_its_machines(
    viewer, django_assert_max_num_queries
):
    line = make_line(machines=6)
    early_shift(line)
    for machine in line.machines.all():
        state(machine, "RUNNING", at(0))
    with django_assert_max_num_queries(110):
        viewer.get(f"/lines/{line.pk}")


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_floor_is_only_read(viewer, method):
    assert getattr(viewer, method)("/").status_code == 405
