"""What the tests of the plant share."""

from __future__ import annotations

import pytest

from core.ledger import entries_made


@pytest.fixture
def ledger():
    """The entries made during the test."""
    heard = []

    def listener(sender, entries, **kwargs):
        heard.extend(entries)

    entries_made.connect(listener)
    yield heard
    entries_made.disconnect(listener)
