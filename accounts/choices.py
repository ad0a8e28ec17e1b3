"""Roles as the API contract names them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ADMIN = "admin", _("Administrator")
    PRODUCTION_MANAGER = "production_manager", _("Production manager")
    SHIFT_MANAGER = "shift_manager", _("Shift manager")
    ENGINEER = "engineer", _("Engineer")
    OPERATOR = "operator", _("Operator")
    MAINTENANCE = "maintenance", _("Maintenance")
    QUALITY = "quality", _("Quality")
    VIEWER = "viewer", _("Viewer")
    GUEST = "guest", _("Guest")
    INTEGRATION = "integration", _("Integration (service account)")


# Names that clients of other systems use for the same role; read in any case.
ROLE_ALIASES = {
    "super_admin": Role.ADMIN,
    "manager": Role.PRODUCTION_MANAGER,
    "user": Role.VIEWER,
}

DEMO_PASSWORD = "Demo-2026!"  # noqa: S105  of every demo account; printed at every start of the demo
