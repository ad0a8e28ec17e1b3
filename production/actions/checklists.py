"""Answers to the questions that a line puts before a job starts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Invalid
from core.ledger import record
from production.actions.jobs import take_job
from production.choices import AnswerType, JobStatus
from production.errors import ChecklistClosed
from production.models import ChecklistAnswer, ChecklistItem, JobAssignment

MAX_ANSWER = 2000
MAX_NUMBER = 10**12


@transaction.atomic
def answer_checklist(*, job: JobAssignment, answers: Mapping[int, Any], actor: Any) -> JobAssignment:
    """Keep these values by the ids of their items; an answer given again takes the place of the one before.

    Raises NotYourJob, ChecklistClosed once the job has started, Invalid for an item that the line does not ask and
    for a value that its type does not take.
    """
    job = take_job(job, actor)
    if job.status not in (JobStatus.ASSIGNED, JobStatus.ACCEPTED):
        raise ChecklistClosed
    items = ChecklistItem.objects.filter(line_id=job.schedule.line_id, is_active=True).in_bulk()
    _ensure_valid(items, answers)
    given = {answer.item_id: answer for answer in job.answers.all()}
    for pk, value in answers.items():
        answer = given.get(pk) or ChecklistAnswer(job=job, item=items[pk])
        answer.text, answer.value = items[pk].text, value
        answer.answered_by, answer.answered_at = actor, timezone.now()
        answer.save()
    record("production.job.checked", job, actor=actor, new={items[pk].text: answers[pk] for pk in answers})
    return job


def _ensure_valid(items: Mapping[int, ChecklistItem], answers: Mapping[int, Any]) -> None:
    errors: dict[str, list[str]] = {}
    for pk, value in answers.items():
        if pk not in items:
            errors[f"answers.{pk}"] = [_("The line does not ask this.")]
        elif not _FITS[items[pk].type](value, items[pk]):
            errors[f"answers.{pk}"] = [_("This is no answer to: %(text)s") % {"text": items[pk].text}]
    if errors:
        raise Invalid(errors=errors)


def _is_text(value: Any, item: ChecklistItem) -> bool:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_ANSWER:
        return False
    return not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value)


def _is_number(value: Any, item: ChecklistItem) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and abs(value) <= MAX_NUMBER


def _is_tick(value: Any, item: ChecklistItem) -> bool:
    return isinstance(value, bool)


def _is_option(value: Any, item: ChecklistItem) -> bool:
    return isinstance(value, str) and value in item.options


_FITS: dict[str, Callable[[Any, ChecklistItem], bool]] = {
    AnswerType.CHECKBOX: _is_tick,
    AnswerType.TEXT: _is_text,
    AnswerType.SIGNATURE: _is_text,
    AnswerType.NUMBER: _is_number,
    AnswerType.SELECT: _is_option,
}
