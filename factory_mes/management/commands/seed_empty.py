"""manage.py seed_empty: one administrator and nothing else."""

from __future__ import annotations

import os
import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.actions import ensure_admin
from core.errors import DomainError


class Command(BaseCommand):
    help = "Make the first administrator, with ADMIN_PASSWORD or a generated password that is printed once."

    def handle(self, *args: Any, **options: Any) -> None:
        given = os.environ.get("ADMIN_PASSWORD", "")
        password = given or f"Mes-{secrets.token_urlsafe(12)}-7a"
        try:
            user = ensure_admin(password=password)
        except DomainError as exc:
            raise CommandError(f"ADMIN_PASSWORD: {exc.detail}") from exc
        if user is None:
            self.stdout.write("An administrator is there already.")
        else:
            shown = "the password in ADMIN_PASSWORD" if given else f"password {password} (shown this once)"
            self.stdout.write(f"Administrator: admin, {shown}")
