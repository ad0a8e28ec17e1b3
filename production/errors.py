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
