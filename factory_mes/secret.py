"""A random secret of this installation, made at first use and kept readable by its owner alone."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path


def local_secret(home: Path) -> str:
    """The secret in `home`/secret_key; two processes starting at once agree on one.

    The file appears whole or not at all: written beside it, then linked under its name by whoever is first.
    """
    path = home / "secret_key"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=home, prefix="secret_key.") as draft:  # mode 0600
            draft.write(secrets.token_urlsafe(48))
            draft.flush()
            with suppress(FileExistsError):
                os.link(draft.name, path)
    return path.read_text().strip()
