"""Composition only: settings, URLs, navigation, servers. Imports every app; no app imports it."""

__version__ = "0.1.0"
