"""The dashboard part of the API."""
