"""Calls for help from the floor: raise, acknowledge, resolve, with their whole history.

Nouns: AndonEvent. Events: raised, acknowledged, resolved, cancelled (signals.py).
"""
