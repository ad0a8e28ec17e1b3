"""The ledger: one append-only, hash-chained table of everything that people and programs changed.

Nouns: AuditLog, AuditLink (the chain), AuditSeal (a sealed stretch of it). Written through core.ledger alone.
"""
