"""Settings of the test run: a database server of its own, started before Django reads where it is.

It does without fsync, for test data may be lost; DATABASE_URL names another server, as everywhere.
"""

import os
from pathlib import Path

from factory_mes import embedded_database

home = Path(os.environ.get("MES_HOME") or embedded_database.DEFAULT_HOME).resolve() / "test"
os.environ["MES_HOME"] = str(home)
if not os.environ.get("DATABASE_URL"):
    os.environ["DATABASE_URL"] = embedded_database.ensure(home, durable=False)

from factory_mes.settings import *  # noqa: E402, F403

AUDIT_GUARD = True
WHITENOISE_AUTOREFRESH = (
    True  # looks for a file when it is asked for, not for all of them for every new test client
)
