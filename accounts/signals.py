"""What people's accounts announce to the apps above."""

from __future__ import annotations

from django.dispatch import Signal

access_changed = (
    Signal()
)  # after commit: user_id; a sign-out, a new password or role, an account closed or opened
