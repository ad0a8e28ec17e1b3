"""Bases of the HTTP API: views, permission, pages of lists, errors, idempotency."""
