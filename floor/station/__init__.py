"""The station: a shared tablet at one step, where units are scanned, measured, passed, failed and reworked.

Every part works as a plain form; htmx only spares the reload. What is allowed, the actions of production say;
`unit.py` tells it beforehand in words.
"""
