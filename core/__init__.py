"""The kit every app stands on: locks, errors, the write ledger, API and page bases.

No tables, no words of the factory, and no import of another app.
"""
