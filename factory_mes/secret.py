"""A random secret of this installation, made at first use and kept readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def local_secret(home: Path) -> str:
    """The secret in `home`/secret_key; two processes starting at once agree on one."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / "secret_key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(fresh := secrets.token_urlsafe(48))
    return fresh
