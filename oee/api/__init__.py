"""The OEE part of the API."""
