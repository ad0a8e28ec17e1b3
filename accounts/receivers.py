"""What follows from Django's and axes' own events: entries in the ledger, and the groups."""

from __future__ import annotations

from typing import Any

from axes.signals import user_locked_out
from django.apps import apps
from django.contrib.auth import user_logged_in, user_logged_out
from django.db import transaction
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.choices import Role
from accounts.models import User
from accounts.roles import codenames_of
from accounts.signals import access_changed
from core.db import emit
from core.ledger import record


@receiver(user_logged_in)
def note_sign_in(sender: Any, user: User, **kwargs: Any) -> None:
    """By page, admin or API alike."""
    record("accounts.user.signed_in", user, actor=user)


@receiver(user_logged_out)
def note_sign_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """By page or admin. The session ends before that is announced: a socket opened with it must find it dead."""
    if user is not None:
        request.session.delete()
        record("accounts.user.signed_out", user, actor=user)
        emit(access_changed, user_id=user.pk)


@receiver(user_locked_out)
def note_lock_out(sender: Any, request: HttpRequest, username: str, **kwargs: Any) -> None:
    """Once per lock-out, not at every further knock."""
    first = getattr(request, "axes_failures_since_start", None) is not None
    user = User.objects.named(username).first() if first else None
    if user is not None:
        record("accounts.user.locked_out", user)


def sync_groups(**kwargs: Any) -> None:
    """After migrate: one group per role with exactly the permissions of the table."""
    group_model, permission_model = apps.get_model("auth.Group"), apps.get_model("auth.Permission")
    by_codename = {
        f"{row.content_type.app_label}.{row.codename}": row
        for row in permission_model.objects.select_related("content_type")
    }
    with transaction.atomic():
        for role in Role:
            group, _created = group_model.objects.get_or_create(name=role.value)
            group.permissions.set(by_codename[name] for name in codenames_of(role) if name in by_codename)


post_migrate.connect(sync_groups, dispatch_uid="accounts.sync_groups")
