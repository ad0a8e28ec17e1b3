"""Dates and times as a plant writes them: by the calendar's order and on a clock of 24 hours."""
