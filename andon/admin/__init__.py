"""Andon in the managers' admin: what people agreed on to keep, what happened to read."""

from andon.admin import calls, ladder, policies  # noqa: F401  each registers its own
