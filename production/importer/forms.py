"""The upload of a production log, as the admin asks for it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanSwitchWidget,
)

from equipment.models import Line
from production.importer.column_map import DEFAULT_MAP, ColumnMap, Role, as_text, read_map
from production.importer.load import ImportOptions
from production.importer.tables import MAX_BYTES, SourceFile

SEPARATOR_CHOICES = (
    ("", _("Find out")), ("|", "|"), (",", ","), (";", ";"), ("\t", _("Tab")),
)  # fmt: skip


def ensure_size(upload: UploadedFile) -> None:
    """Raises ValidationError for a file that is too large."""
    if (upload.size or 0) > MAX_BYTES:
        raise forms.ValidationError(_now("Larger than %(limit)d MB.") % {"limit": MAX_BYTES // 1024**2})


def file_field(label: Any, help_text: Any = "", *, required: bool = True) -> forms.FileField:
    return forms.FileField(
        label=label,
        help_text=help_text,
        required=required,
        allow_empty_file=True,
        validators=[ensure_size],
        widget=UnfoldAdminFileFieldWidget,
    )


class ImportForm(forms.Form):
    line = forms.ModelChoiceField(Line.objects.all(), label=_("Line"), widget=UnfoldAdminSelectWidget)
    batches = file_field(_("Batches"), _("One row per batch: product, operator, start and end."))
    stops = file_field(_("Stops"), _("Minutes of stops per batch: a column per factor, or a row per stop."))
    factors = file_field(
        _("Factors"), _("Why batches stop. Left away, the names in the stops serve."), required=False
    )
    products = file_field(
        _("Products"), _("With their minimum batch time. Left away, the plant's own serve."), required=False
    )
    separator = forms.ChoiceField(
        label=_("Separator"), choices=SEPARATOR_CHOICES, required=False, widget=UnfoldAdminSelectWidget
    )
    column_map = forms.CharField(
        label=_("Column map"),
        help_text=_("What your columns are called, as JSON; null where a file has no such column."),
        initial=lambda: as_text(DEFAULT_MAP),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 16, "spellcheck": "false"}),
    )
    dry_run = forms.BooleanField(
        label=_("Dry run"),
        help_text=_("Read everything, store nothing, and show what would happen."),
        initial=True,
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )

    def clean_column_map(self) -> ColumnMap:
        try:
            return read_map(self.cleaned_data["column_map"])
        except ValueError as exc:
            raise forms.ValidationError(_now("Not a column map: %(why)s") % {"why": exc}) from exc

    def request(self) -> dict[str, Any]:
        """What `request_import` needs, but for who asks."""
        data = self.cleaned_data
        return {
            "line": data["line"],
            "files": sources(data),
            "options": ImportOptions(data["column_map"], data["separator"] or None),
            "dry_run": data["dry_run"],
        }


def sources(data: dict[str, Any]) -> dict[Role, SourceFile]:
    """The uploaded files by their role."""
    given = {role: data.get(role.value) for role in Role}
    return {role: SourceFile(upload.name or "", upload.read()) for role, upload in given.items() if upload}
