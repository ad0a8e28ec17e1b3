"""What people fill in about the plant, in the admin and on pages."""

from equipment.forms.admin import LineForm, ShiftPatternForm
from equipment.forms.stops import CloseForm, ExplainForm, ReportForm, SplitForm

__all__ = ["CloseForm", "ExplainForm", "LineForm", "ReportForm", "ShiftPatternForm", "SplitForm"]
