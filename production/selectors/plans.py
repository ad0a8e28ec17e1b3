"""Questions about jobs and what is asked before they start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from production.choices import STARTED_JOBS, AnswerType, JobStatus
from production.models import ChecklistAnswer, ChecklistItem, JobAssignment


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that a job's line puts, and its answer if there is one."""

    item: ChecklistItem
    answer: ChecklistAnswer | None

    @property
    def is_answered(self) -> bool:
        """A tick counts where it is set."""
        if self.answer is None:
            return False
        return self.item.type != AnswerType.CHECKBOX or self.answer.value is True


def checklist_of(*, job: JobAssignment) -> list[Asked]:
    """What is asked before the job starts, in order; also what was answered and is asked no more. Two queries."""
    answers = {row.item_id: row for row in job.answers.select_related("item", "answered_by")}
    line = ChecklistItem.objects.filter(line_id=job.schedule.line_id, is_active=True)
    items = {item.pk: item for item in line} | {row.item_id: row.item for row in answers.values()}
    ordered = sorted(items.values(), key=lambda item: (item.order, item.pk))
    return [Asked(item, answers.get(item.pk)) for item in ordered]


def unanswered(*, job: JobAssignment) -> list[ChecklistItem]:
    """The required questions that keep the job from starting."""
    return [
        asked.item
        for asked in checklist_of(job=job)
        if asked.item.required and asked.item.is_active and not asked.is_answered
    ]


def jobs_of_lines(*, line_ids: Iterable[int], since: datetime) -> dict[int, list[JobAssignment]]:
    """By line, the jobs that are worked on now and those completed at or after `since`; one query."""
    worked_on = Q(status__in=STARTED_JOBS) | Q(status=JobStatus.COMPLETED, completed_at__gte=since)
    rows = JobAssignment.objects.with_all().filter(worked_on, schedule__line_id__in=list(line_ids))
    found: defaultdict[int, list[JobAssignment]] = defaultdict(list)
    for job in rows.order_by("started_at", "pk"):
        found[job.schedule.line_id].append(job)
    return dict(found)


# What a worker wants to see first.
_FIRST = (JobStatus.IN_PROGRESS, JobStatus.PAUSED, JobStatus.ACCEPTED, JobStatus.ASSIGNED)
MAX_OWN = 100


def my_jobs(*, user: Any, since: datetime) -> list[JobAssignment]:
    """The unfinished jobs of this person, those under way first, then by plan; then what ended at or after `since`."""
    ended = Q(completed_at__gte=since) | Q(cancelled_at__gte=since)
    rows = JobAssignment.objects.with_all().filter(Q(status__in=_FIRST) | ended, user=user)
    ranks = {status: rank for rank, status in enumerate(_FIRST)}
    found = rows.order_by("schedule__scheduled_start", "pk")[:MAX_OWN]
    return sorted(found, key=lambda job: ranks.get(JobStatus(job.status), len(ranks)))
