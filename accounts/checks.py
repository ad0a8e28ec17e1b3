"""Start-up check: the table of roles names nothing that does not exist."""

from __future__ import annotations

from typing import Any

from django.core.checks import Error, Tags, register

from accounts.roles import unknown_codenames


@register(Tags.security)
def every_codename_exists(app_configs: Any, **kwargs: Any) -> list[Error]:
    """accounts.E001: a codename of accounts/roles.py that no model declares."""
    return [
        Error(f"accounts/roles.py grants {codename}, which no model declares", id="accounts.E001")
        for codename in unknown_codenames()
    ]
