"""Logs into the plant: what is written, that a second import changes nothing, what contradicts the plant."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from accounts.choices import Role as Person
from audit.models import AuditLog
from equipment.actions import correct_state
from equipment.models import (
    CalendarException,
    Line,
    Machine,
    MachineState,
    ShiftPattern,
    StateEvent,
    StopReason,
)
from equipment.selectors import calendar_of
from production.actions import record_run
from production.importer.column_map import as_text
from production.importer.demo import FILES, FOLDER, demo_files, import_bottling_demo
from production.importer.findings import Unusable
from production.importer.load import ImportOptions, import_log
from production.models import ProductionCount, ProductionRun, ProductModel, StandardRate
from tests.production.logs import BATCHES, GERMAN, GERMAN_MAP, PRODUCTS, STOPS, small, sources
from tests.support.factories import (
    LineFactory,
    MachineFactory,
    ShiftPatternFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")
FACTS = (ProductionRun, ProductionCount, StateEvent, MachineState, StopReason, ProductModel, StandardRate,
         ShiftPattern, CalendarException, Machine)  # fmt: skip


@pytest.fixture
def line():
    return LineFactory(line_code="BOTTLING")


def load(line, files=None, *, dry_run=False, options=None, **more):
    return import_log(
        line=line,
        files=files or small(),
        options=options or ImportOptions(),
        dry_run=dry_run,
        actor=None,
        **more,
    )


def contents():
    """Every row of every table that an import writes."""
    return {model: list(model.objects.order_by("pk").values()) for model in FACTS}


def codes(report):
    return [item["code"] for item in report["errors"]]


class TestBottling:
    def test_report(self, line):
        report = import_bottling_demo(line)
        assert (report["rows_read"], report["imported"], report["duplicates"], report["left_out"]) == (
            87,
            31,
            0,
            0,
        )
        assert report["totals"]["busy_minutes"] == 3180
        assert report["totals"]["oee"] == pytest.approx(0.6447, abs=5e-5)
        assert [o["batch"] for o in report["stops_without_batch"]] == [str(n) for n in range(422137, 422144)]

    def test_the_plant_has_the_same_time_as_the_report(self, line):
        """By the states in the database, which the report was not computed from."""
        import_bottling_demo(line)
        lasted = {}
        for row in MachineState.objects.select_related("reason"):
            key = row.reason.name if row.reason else row.state
            lasted[key] = lasted.get(key, timedelta()) + (row.ended_at - row.started_at)
        minutes = {key: value / MINUTE for key, value in lasted.items()}
        assert minutes.pop("RUNNING") == 2050
        whole = datetime(2024, 9, 4, 1, 5) - datetime(2024, 8, 29, 11, 50)
        assert minutes.pop("IDLE") == whole / MINUTE - 3180
        assert minutes == {
            "Machine failure": 236, "Inventory shortage": 205, "Machine adjustment": 197, "Batch change": 160,
            "Batch coding error": 115, "Other": 67, "Product spill": 57, "Calibration error": 34, "Labeling error": 22,
            "Label switch": 20, "Conveyor belt jam": 17,
        }  # fmt: skip

    def test_planned_time_is_the_time_of_the_batches_however_wide_the_window(self, line):
        import_bottling_demo(line)
        zone = line.site.zone
        start, end = datetime(2020, 1, 1, tzinfo=zone), datetime(2030, 1, 1, tzinfo=zone)
        shifts = calendar_of(line=line).shifts(start, end)
        assert sum((s.end - s.start for s in shifts), timedelta()) == 3180 * MINUTE
        assert [str(s.day) for s in shifts] == [
            "2024-08-29",
            "2024-08-30",
            "2024-08-31",
            "2024-09-02",
            "2024-09-03",
        ]

    def test_second_import_changes_nothing(self, line):
        import_bottling_demo(line)
        before = contents()
        report = import_bottling_demo(line)
        assert (report["imported"], report["duplicates"], report["left_out"]) == (0, 31, 0)
        assert report["totals"]["busy_minutes"] == 3180
        assert contents() == before

    def test_dry_run_reports_the_same_and_stores_nothing(self, line):
        before = contents()
        report = load(line, demo_files(), dry_run=True)
        assert contents() == before
        real = import_bottling_demo(line)
        assert {**report, "dry_run": False} == real


def test_what_a_batch_becomes(line):
    load(line)
    machine = line.machines.get()
    run = machine.runs.get(reference="1")
    assert (machine.equipment_code, run.operator_name, run.product.model_name) == (
        "BOTTLING",
        "Ann",
        "Cola 1 L",
    )
    assert (run.started_at, run.ended_at) == (
        datetime(2026, 3, 2, 8, tzinfo=BERLIN), datetime(2026, 3, 2, 10, tzinfo=BERLIN),
    )  # fmt: skip
    count = run.counts.get()
    assert (count.good, count.at) == (1, datetime(2026, 3, 2, 9, 59, 59, tzinfo=BERLIN))
    stop = StateEvent.objects.get(reason__code="BOTTLING-1")
    assert (stop.state, stop.source, stop.event_id) == ("FAULT", "import:BOTTLING", "stop/1/1/1")
    assert "not recorded" in stop.note
    rate = StandardRate.objects.get()
    assert (rate.ideal_cycle_seconds, rate.valid_from, rate.machine) == (
        Decimal(3600),
        date(2026, 3, 2),
        machine,
    )
    reason = StopReason.objects.get(code="BOTTLING-2")
    assert (reason.name, reason.is_operator_error, reason.loss_category) == ("Batch change", True, "SETUP")


def test_another_plants_shape(line):
    report = load(line, sources(GERMAN), options=ImportOptions(GERMAN_MAP))
    assert (report["imported"], report["totals"]["busy_minutes"], report["totals"]["stop_minutes"]) == (
        2,
        450,
        45,
    )
    assert set(ProductionRun.objects.values_list("reference", flat=True)) == {"A-1", "A-2"}


def test_zone_of_the_files_may_differ_from_the_sites(line):
    load(line, options=ImportOptions(zone=ZoneInfo("Asia/Seoul")))
    assert ProductionRun.objects.get(reference="1").started_at == datetime(
        2026, 3, 2, 8, tzinfo=ZoneInfo("Asia/Seoul")
    )
    assert CalendarException.objects.get().start_time == time(0)  # 08:00 in Seoul is midnight in Berlin


def test_a_later_file_adds_what_is_new(line):
    load(line, small(batches="\n".join(BATCHES.splitlines()[:2])))
    report = load(line)
    assert (report["imported"], report["duplicates"]) == (1, 1)
    assert report["totals"]["busy_minutes"] == 210
    start = datetime(2026, 3, 1, tzinfo=BERLIN)
    shifts = calendar_of(line=line).shifts(start, start + timedelta(days=7))
    assert sum((s.end - s.start for s in shifts), timedelta()) == 210 * MINUTE


def test_a_batch_between_others_takes_the_idle_time(line):
    rows = BATCHES.splitlines()
    load(line, small(batches="\n".join([*rows[:2], "2026-03-02|COLA|9|Ann|12:00|13:00"])))
    load(line)
    states = list(MachineState.objects.order_by("started_at").values_list("state", flat=True))
    assert states == ["FAULT", "RUNNING", "SETUP", "RUNNING", "IDLE", "RUNNING"]
    idle = MachineState.objects.get(state="IDLE")
    assert (idle.started_at, idle.ended_at) == (
        datetime(2026, 3, 2, 11, 30, tzinfo=BERLIN), datetime(2026, 3, 2, 12, tzinfo=BERLIN),
    )  # fmt: skip


class TestContradictions:
    """A batch that is there with other figures is named and left; nothing is counted twice."""

    @pytest.mark.parametrize(
        "changed",
        [
            {"stops": STOPS.replace("30.0", "31.0")},
            {"stops": STOPS.replace("30.0", "")},
            {"batches": BATCHES.replace("08:00:00", "08:30:00")},
            {"batches": BATCHES.replace("COLA|1", "MILK|1"), "products": PRODUCTS + "MILK|Milk|1 L|60\n"},
        ],
    )
    def test_other_figures(self, line, changed):
        load(line)
        before = list(ProductionRun.objects.values()), list(StateEvent.objects.values())
        report = load(line, small(**changed))
        assert (codes(report), report["left_out"], report["duplicates"]) == (["recorded_otherwise"], 1, 1)
        assert before == (list(ProductionRun.objects.values()), list(StateEvent.objects.values()))

    def test_time_that_another_run_has(self, line):
        machine, product = (
            MachineFactory(line=line),
            ProductModel.objects.create(model_code="X", model_name="X"),
        )
        record_run(
            machine=machine, product=product, reference="J7",
            started_at=datetime(2026, 3, 2, 11, tzinfo=BERLIN), ended_at=datetime(2026, 3, 2, 12, tzinfo=BERLIN),
        )  # fmt: skip
        report = load(line)
        assert [(e["code"], e["row"], e["value"]) for e in report["errors"]] == [("overlap", 3, "2")]
        assert (report["imported"], report["left_out"]) == (1, 1)

    def test_an_open_run_has_all_time_from_its_start(self, line):
        machine, product = (
            MachineFactory(line=line),
            ProductModel.objects.create(model_code="X", model_name="X"),
        )
        record_run(machine=machine, product=product, started_at=datetime(2026, 3, 2, 9, tzinfo=BERLIN))
        assert codes(load(line)) == ["overlap", "overlap"]


class TestWhatThePlantHasStays:
    def test_reason(self, line):
        load(line)
        reason = StopReason.objects.get(code="BOTTLING-1")
        reason.name, reason.loss_category = "Pump", "OTHER"
        reason.save()
        batches = BATCHES.splitlines()[0] + "\n2026-03-03|COLA|5|Ann|08:00|10:00\n"
        load(line, small(batches=batches, stops="Batch|1\n5|20\n"))
        reason.refresh_from_db()
        assert (reason.name, reason.loss_category) == ("Pump", "OTHER")
        assert StateEvent.objects.get(event_id="stop/1/1/5").state == "HELD"

    def test_rate(self, line):
        load(line)
        report = load(line, small(products=PRODUCTS.replace("60", "50")))
        assert codes(report) == ["rate_kept"]
        assert StandardRate.objects.get().ideal_cycle_seconds == 3600

    def test_calendar(self, line):
        ShiftPatternFactory(site=line.site)
        report = load(line)
        assert (CalendarException.objects.count(), ShiftPattern.objects.count()) == (0, 1)
        assert any("calendar" in note for note in report["notes"])

    def test_ideal_time_holds_from_the_shift_day_on(self, line):
        """A batch of the night belongs to the day before."""
        ShiftPatternFactory(
            line=line, name="Night", start_time=time(22), end_time=time(6), weekdays=list(range(7)), breaks=[]
        )
        load(line, small(batches=BATCHES.splitlines()[0] + "\n2026-03-03|COLA|1|Ann|01:00|03:00\n"))
        assert StandardRate.objects.get().valid_from == date(2026, 3, 2)

    def test_corrections_by_people(self, line):
        load(line)
        correct_state(
            machine=line.machines.get(), state="FAULT", reason=None, why="seen by myself", actor=UserFactory(),
            started_at=datetime(2026, 3, 2, 9, tzinfo=BERLIN), ended_at=datetime(2026, 3, 2, 9, 10, tzinfo=BERLIN),
        )  # fmt: skip
        before = contents()
        load(line)
        assert contents() == before

    def test_machines(self, line):
        MachineFactory(line=line, position=1)
        constraint = MachineFactory(line=line, position=2)
        line.constraint_machine = constraint
        line.save()
        report = load(line)
        assert report["equipment_code"] == constraint.equipment_code
        assert codes(report) == ["several_machines"]
        assert set(ProductionRun.objects.values_list("machine", flat=True)) == {constraint.pk}


@pytest.mark.parametrize("setup", ["machine", "reason"])
def test_codes_that_cannot_be_had_stop_the_import(setup):
    line = LineFactory(line_code="L" * 50 if setup == "reason" else "TAKEN")
    if setup == "machine":
        MachineFactory(equipment_code="taken")
    with pytest.raises(Unusable) as refused:
        load(line)
    assert refused.value.finding.code == "master_data"
    assert not ProductionRun.objects.exists()


def test_progress_rises_to_100(line):
    told = []
    load(line, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 100


def test_the_deed_is_recorded(line):
    load(line)
    entry = AuditLog.objects.get(action="production.log.imported")
    assert entry.new_values == {"rows_read": 7, "imported": 2, "duplicates": 0, "left_out": 0}


class TestCommand:
    @pytest.fixture
    def arguments(self, line):
        return [f"--{role.value}={FOLDER / name}" for role, name in FILES.items()] + ["--line=BOTTLING"]

    def run(self, *arguments):
        """(exit code, what was printed)."""
        out = StringIO()
        try:
            call_command("import_production_log", *arguments, stdout=out)
        except SystemExit as end:
            return end.code, out.getvalue()
        return 0, out.getvalue()

    def test_prints_the_report(self, arguments):
        code, text = self.run(*arguments)
        assert code == 0
        assert "87 rows read: 31 batches imported, 0 there already, 0 left out." in text
        assert "Busy 3180 min, stops 1130 min, producing 2050 min" in text
        assert "Availability 64.47%, performance 100.00%, OEE 64.47%" in text
        assert "line-downtime.csv:29 Batch='422137': There is no batch 422137: 45 min" in text
        assert [row.split() for row in text.splitlines() if "Machine failure" in row] == [
            ["Machine", "failure", "236", "min", "20.88%"]
        ]
        assert ProductionRun.objects.count() == 31

    def test_dry_run_stores_nothing(self, arguments):
        code, text = self.run(*arguments, "--dry-run")
        assert code == 0
        assert "31 batches would be imported" in text
        assert not ProductionRun.objects.exists()

    def test_rows_left_out(self, arguments, tmp_path):
        stops = tmp_path / "stops.csv"
        stops.write_text("Batch|1\n422111|-5\n")
        code, text = self.run(*arguments, f"--stops={stops}")
        assert code == 1
        assert "ERROR   stops.csv:2 1='-5': It is negative." in text

    def test_unusable(self, arguments, tmp_path):
        file = tmp_path / "photo.csv"
        file.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
        code, text = self.run(*arguments, f"--batches={file}")
        assert code == 2
        assert "NUL" in text

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            (["--line=NONE"], "There is no line NONE"),
            (["--user=nobody"], "There is no user nobody"),
            (["--batches=/no/such/file.csv"], "No such file"),
            (["--line=a/b", "--create-line=Bad code"], "Letters, digits"),
            (["--separator=x"], "tab"),
            (["--zone=Mars/Base"], "time zone"),
        ],
    )
    def test_refusals(self, arguments, more, message):
        with pytest.raises(CommandError, match=message):
            self.run(*arguments, *more)

    def test_bad_map(self, arguments, tmp_path):
        file = tmp_path / "map.json"
        file.write_text('{"batchs": {}}')
        with pytest.raises(CommandError, match="batchs"):
            self.run(*arguments, f"--map={file}")

    def test_makes_the_line(self, arguments):
        made = ["--line=FRESH", "--create-line=Fresh line", "--zone=America/New_York"]
        self.run(*arguments, *made, "--dry-run")
        assert not Line.objects.filter(line_code="FRESH").exists()
        code, _ = self.run(*arguments, *made)
        fresh = Line.objects.get(line_code="FRESH")
        assert (code, fresh.site.timezone, fresh.machines.get().equipment_code) == (
            0,
            "America/New_York",
            "FRESH",
        )

    def test_acts_as_the_user(self, arguments):
        user = UserFactory(role=Person.PRODUCTION_MANAGER)
        self.run(*arguments, f"--user={user.username.upper()}")
        assert AuditLog.objects.get(action="production.log.imported").user == user

    def test_the_other_shape_by_a_map_file(self, line, tmp_path):
        (tmp_path / "map.json").write_text(as_text(GERMAN_MAP))
        given = []
        for role, text in GERMAN.items():
            (tmp_path / f"{role.value}.csv").write_text(text)
            given.append(f"--{role.value}={tmp_path / role.value}.csv")
        code, text = self.run("--line=BOTTLING", f"--map={tmp_path / 'map.json'}", *given)
        assert (code, "2 batches imported" in text) == (0, True)
