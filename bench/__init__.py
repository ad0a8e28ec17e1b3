"""How fast the product is, beside references in the same run: `make bench` prints a table. Needs no setting up.

Everything happens in a database of its own on an own PostgreSQL (or in the one DATABASE_URL names, a bench database
that is emptied first). Figures of one machine are compared with each other, never quoted alone.
"""
