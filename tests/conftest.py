"""What every test needs of the database; the server itself is started by tests/settings.py."""

import pytest
from django.db.backends.postgresql.operations import DatabaseOperations

# The audit trail refuses TRUNCATE, so its owner lifts that for the moment in which Django empties the test database.
SWITCH = """
DO $$ DECLARE guarded regclass; BEGIN
    FOR guarded IN SELECT tgrelid FROM pg_trigger WHERE tgname = 'audit_no_truncate' LOOP
        EXECUTE format('ALTER TABLE %%s %s TRIGGER audit_no_truncate', guarded);
    END LOOP;
END $$
"""


@pytest.fixture(scope="session", autouse=True)
def emptying_includes_the_audit_trail():
    """Tests that commit (transactional_db) end with a TRUNCATE of every table, the guarded ones included."""
    with pytest.MonkeyPatch.context() as patch:
        flush = DatabaseOperations.execute_sql_flush
        patch.setattr(
            DatabaseOperations,
            "execute_sql_flush",
            lambda self, statements: flush(self, [SWITCH % "DISABLE", *statements, SWITCH % "ENABLE"]),
        )
        yield


@pytest.fixture(autouse=True)
def unrecorded_status_fails(_django_db_marker):
    """A test's own transaction never commits, so the audit guard looks at its end."""
    from audit import guard

    yield
    guard.check()
