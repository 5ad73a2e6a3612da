"""Secrets that the service makes for itself."""

import os
import secrets
from pathlib import Path


def kept_secret(path: Path) -> tuple[str, bool]:
    """A secret that is made once and kept beside the data, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip(), True
    secret = secrets.token_urlsafe(24)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secret + "\n")
    return secret, True
