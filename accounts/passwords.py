"""The password rule beyond Django's own validators."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class CharacterKindsValidator:
    """At least one upper-case letter, one lower-case letter and one digit."""

    def validate(self, password: str, user: Any = None) -> None:
        kinds = (str.isupper, str.islower, str.isdigit)
        if not all(any(kind(char) for char in password) for kind in kinds):
            raise ValidationError(self.get_help_text(), code="password_kinds")

    def get_help_text(self) -> str:
        return _("Your password needs an upper-case letter, a lower-case letter and a digit.")
