"""How an entry of the trail is written on a page."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from audit.models import AuditLog

register = template.Library()


@register.simple_tag
def changes(entry: AuditLog) -> SafeString:
    """A row per value: its name, what it was, what it became."""
    old, new = entry.old_values or {}, entry.new_values or {}
    rows = format_html_join(
        "",
        "<tr><th>{}</th><td>{}</td><td>{}</td></tr>",
        ((name, _cell(old, name), _cell(new, name)) for name in [*old, *(new.keys() - old.keys())]),
    )
    if not rows:
        return format_html("")
    head = format_html("<tr><th></th><th>{}</th><th>{}</th></tr>", _("before"), _("after"))
    return format_html('<table class="audit-changes">{}{}</table>', head, rows)


def _cell(values: dict[str, Any], name: str) -> str:
    """The value as read; nothing where it is not named at all, a dash where it is empty."""
    if name not in values:
        return ""
    return "–" if values[name] in (None, "") else str(values[name])
