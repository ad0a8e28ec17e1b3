"""Pages: a form sent twice does its deed once. The key travels in a hidden field, as `Idempotency-Key` does with the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import transaction


def first_time(*, user: Any, key: UUID) -> bool:
    """Whether this person sends this key for the first time.

    Call it in the transaction of the deed: a twin waits for it to end, and a deed that is refused leaves no key behind,
    so that the form may be mended and sent again.
    """
    assert transaction.get_connection().in_atomic_block
    model = apps.get_model(settings.IDEMPOTENCY_MODEL)
    _row, fresh = model.objects.get_or_create(
        owner_id=user.pk, key=f"page {key}", defaults={"fingerprint": "page"}
    )
    return bool(fresh)
