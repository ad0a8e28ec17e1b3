"""Calls for help from the floor: raise, acknowledge, resolve, escalate, with their whole history.

Nouns: AndonEvent, EscalationPolicy and its levels, EscalationStep (a rung of one call's ladder), Notification,
AutoRaiseRule. Events: raised, changed (signals.py).
"""
