"""What the demo plant is to make in the next days, what its lines ask before a job starts, and the operator's jobs."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import User
from equipment.models import Line
from factory_mes.demo.lines import LINES, DemoLine
from production.actions import assign_job, plan_schedule
from production.choices import AnswerType
from production.models import ChecklistItem, ProductModel

DAYS = 3
SHIFT_HOURS = 8
STARTS = (time(6), time(14))  # the early and the late shift
# text, type, required, options
CHECKLIST: tuple[tuple[str, AnswerType, bool, list[str]], ...] = (
    ("Guards closed, emergency stop free", AnswerType.CHECKBOX, True, []),
    ("Material at the line", AnswerType.SELECT, True, ["Full", "Enough for this shift", "Short"]),
    ("Air pressure (bar)", AnswerType.NUMBER, False, []),
)


def plan_days(*, first: date, zone: ZoneInfo, planner: User, worker: User) -> None:
    """Two shifts a day on each simulated line, the products by turns; the first day's jobs are the worker's."""
    for spec in LINES:
        line = Line.objects.get(line_code=spec.code)
        for order, (text, kind, required, options) in enumerate(CHECKLIST, start=1):
            ChecklistItem.objects.create(
                line=line, text=text, type=kind, required=required, options=options, order=order
            )
        for number in range(DAYS * len(STARTS)):
            _shift(line, spec, number, first, zone, planner, worker)


def _shift(
    line: Line, spec: DemoLine, number: int, first: date, zone: ZoneInfo, planner: User, worker: User
) -> None:
    day = first + timedelta(days=number // len(STARTS))
    start = datetime.combine(day, STARTS[number % len(STARTS)], zone)
    product = spec.products[number % len(spec.products)]
    schedule = plan_schedule(
        line=line,
        product=ProductModel.objects.get(model_code=product.code),
        scheduled_start=start,
        scheduled_end=start + timedelta(hours=SHIFT_HOURS),
        target_quantity=round(spec.target_speed * SHIFT_HOURS * 9 / 10),
        actor=planner,
    )
    if day == first:
        assign_job(schedule=schedule, user=worker, actor=planner)
