"""Background entry points: load by id or address, call an action."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts import actions


@app.task(retry=RetryStrategy(max_attempts=5, exponential_wait=4))
def mail_reset_link(*, email: str, site: str) -> None:
    """Looks the address up only here, so that asking takes the same time whether or not it is known."""
    actions.mail_reset_link(email=email, site=site)
