"""People: users, their one role, sign-up, sign-in with rotating tokens, password reset, employees.

Nouns: User, SignIn (a family of tokens), IdempotencyKey, Employee. Events: see signals.py.
"""
