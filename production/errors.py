"""What production refuses."""

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
