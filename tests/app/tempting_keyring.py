"""A keychain that holds a token for whoever asks, and notes that somebody has asked."""

from __future__ import annotations

import os
from pathlib import Path

from keyring.backend import KeyringBackend

TOKEN = "a-token-that-wants-to-be-used"


class TemptingKeyring(KeyringBackend):
    """Chosen by ``PYTHON_KEYRING_BACKEND``."""

    # never chosen by itself
    priority = -1  # pyright: ignore[reportAssignmentType]

    def get_password(self, service: str, username: str) -> str:
        with Path(os.environ["EMULSION_NOTES"]).open("a", encoding="utf-8") as notes:
            notes.write(f"keychain {service} {username}\n")
        return TOKEN

    def set_password(self, service: str, username: str, password: str) -> None:
        pass
