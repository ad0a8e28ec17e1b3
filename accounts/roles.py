"""One table: role → what it may do (api.md §2). Synced to Django's groups; a check proves every codename exists."""

from __future__ import annotations


def codenames_of(role: str) -> frozenset[str]:
    """The codenames `app.action_model` of a role; the administrator's are every codename there is."""
    return frozenset()
