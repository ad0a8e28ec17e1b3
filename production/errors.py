"""What production refuses."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, Invalid


class RunOverlap(DomainError):
    code = "run_overlap"
    message = _("The machine made something else in that time.")


class RunReferenceTaken(DomainError):
    code = "duplicate"
    message = _("The machine has a run of this reference already.")


class RunNotPositive(Invalid):
    message = _("A run ends after it starts.")

    def __init__(self) -> None:
        super().__init__(errors={"ended_at": [str(self.message)]})


class ProductInUse(DomainError):
    code = "in_use"
    message = _("It has history below it and cannot be deleted; make it inactive.")


class RunEnded(DomainError):
    code = "run_ended"
    message = _("The run has ended already.")


class NumberTaken(DomainError):
    code = "duplicate"
    message = _("This number is taken.")


class PositionTaken(DomainError):
    code = "duplicate"
    message = _("This position of the lot is taken.")


class LotFull(DomainError):
    code = "lot_full"
    message = _("The lot has all its units.")


class LotNotOpen(DomainError):
    code = "lot_not_open"
    message = _("The lot is completed or closed.")


class LotClosed(DomainError):
    code = "lot_closed"
    message = _("The lot is closed; nothing of it changes any more.")


class ProductNotActive(DomainError):
    code = "product_not_active"
    message = _("The product is not made: it is inactive or discontinued.")


class HasHistory(DomainError):
    code = "in_use"
    message = _("It has history below it and cannot be deleted.")


class OutOfOrder(DomainError):
    """The process before it has not passed."""

    code = "out_of_order"
    message = _("The process before it has not passed.")


class AlreadyPassed(DomainError):
    code = "already_passed"
    message = _("This process has passed already.")


class AlreadyStarted(DomainError):
    code = "already_started"
    message = _("This process has been started and waits for its completion.")


class UnitNotOpen(DomainError):
    code = "unit_not_open"
    message = _("The unit has passed or failed; it takes no further record.")


class RecordCompleted(DomainError):
    code = "record_completed"
    message = _("The record is completed; its result stands.")


class ReworkExhausted(DomainError):
    code = "rework_exhausted"
    message = _("The unit was reworked three times; it is scrapped.")


class ComponentExhausted(DomainError):
    code = "component_exhausted"
    message = _("The component lot does not hold that much any more.")


class ComponentBlocked(DomainError):
    code = "component_blocked"
    message = _("The component lot is quarantined.")


class ScheduleOverlap(DomainError):
    code = "schedule_overlap"
    message = _("The line has another plan for part of that time.")


class ScheduleEnded(DomainError):
    code = "schedule_ended"
    message = _("This schedule has ended: plan another one.")


class AlreadyAssigned(DomainError):
    code = "duplicate"
    message = _("This worker has this job on this machine already.")


class ScheduleUnderWay(DomainError):
    code = "schedule_under_way"
    message = _("People are assigned to this schedule: its line, product and start stay.")


class MachineBusy(DomainError):
    code = "machine_busy"
    message = _("Another job is in progress on this machine. Pause or complete it first.")


class JobUnderWay(DomainError):
    code = "job_under_way"
    message = _(
        "The job has been accepted: its worker, machine and lot stay. Cancel it and assign another one."
    )


class JobNotStarted(DomainError):
    code = "job_not_started"
    message = _("Pieces are reported for a job that is in progress or paused.")


class JobInUse(DomainError):
    code = "in_use"
    message = _("The job has been started and cannot be deleted; cancel it.")


class NotYourJob(DomainError):
    status = 403
    code = "not_your_job"
    message = _("This job is somebody else's.")


class EventIdReused(DomainError):
    code = "event_id_reused"
    message = _("Another report bears this event_id already.")


class ChecklistOpen(DomainError):
    """The job does not start before these questions are answered."""

    code = "checklist_open"

    def __init__(self, texts: list[str]) -> None:
        super().__init__(
            _("Answer the checklist of the line first: %(texts)s.") % {"texts": "; ".join(texts)},
            errors={"checklist": texts},
        )


class ChecklistClosed(DomainError):
    code = "checklist_closed"
    message = _("The checklist is answered before the job starts.")


class ComponentCycle(DomainError):
    code = "component_cycle"
    message = _("This component was made from the unit's own lot: nothing can be a part of itself.")


class ComponentMadeElsewhere(DomainError):
    code = "in_use"
    message = _("Some of it was used: where it was made cannot be changed any more.")


class NeverDeleted(DomainError):
    code = "never_deleted"
    message = _("Process data are never deleted; correct the record with a reason.")


class LotUnfinished(DomainError):
    code = "lot_unfinished"
    message = _("Units of the lot have neither passed nor been scrapped: say why it is completed.")


class LotEmpty(DomainError):
    code = "lot_empty"
    message = _("Nothing has been made of this lot.")


class LotBegun(DomainError):
    code = "lot_begun"
    message = _("The lot has units or records: its product, line, date and shift stand.")


class QuantitiesClash(DomainError):
    code = "quantities_clash"
    message = _("These quantities do not go with the units of the lot.")


class StepsLeft(DomainError):
    code = "steps_left"
    message = _("Not every step of its route has passed.")


class NotYourUnit(DomainError):
    status = 403
    code = "not_your_unit"
    message = _("This unit was made by somebody else.")


class NotForYou(DomainError):
    """What this account may not do, or not in another's name: 403."""

    status = 403
    code = "permission_denied"
    message = _("You are not allowed to do this.")


class BatchRefused(DomainError):
    """Some rows of a batch that is to be kept whole or not at all cannot be kept: 400, or 409 where all are readable."""

    code = "batch_refused"

    def __init__(self, rows: list[dict[str, Any]], *, status: int) -> None:
        errors = {
            f"items.{row['index']}" + (f".{row['field']}" if row["field"] else ""): [row["detail"]]
            for row in rows
        }
        super().__init__(
            _("%(count)d rows are refused; nothing was kept.") % {"count": len(rows)}, errors=errors
        )
        self.status = status
