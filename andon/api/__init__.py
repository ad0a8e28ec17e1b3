"""Andon over HTTP."""
