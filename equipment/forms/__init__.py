"""What people fill in about the plant, in the admin and on pages."""

from equipment.forms.admin import LineForm, ShiftPatternForm
from equipment.forms.stops import CloseForm, ExplainForm, ReportForm, SplitForm
from equipment.forms.upkeep import CancelForm, CompleteForm, FaultCodesForm, FaultForm, ResolveForm

__all__ = [
    "CancelForm",
    "CloseForm",
    "CompleteForm",
    "ExplainForm",
    "FaultCodesForm",
    "FaultForm",
    "LineForm",
    "ReportForm",
    "ResolveForm",
    "ShiftPatternForm",
    "SplitForm",
]
