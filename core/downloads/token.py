"""The user's token for the hub, in the system's keychain; never in our files, a log or an address."""

import logging
import re
from urllib.parse import urlsplit

from core.downloads.hub import Secret

log = logging.getLogger(__name__)

SERVICE = "Emulsion"
_TOKEN = re.compile(r"[\x21-\x7e]{8,500}", re.ASCII)


class NoKeychain(Exception):
    """The system has no keychain, or it stays locked; a token can be held until the program ends."""


def is_token(text: str) -> bool:
    """Returns whether a text can be a token: no spaces, nothing that would break a header."""
    return _TOKEN.fullmatch(text) is not None


def stored_token(endpoint: str) -> Secret:
    """Returns the token for a hub, empty if there is none. May wait until the user unlocks the keychain.

    Raises NoKeychain.
    """
    import keyring
    from keyring.errors import KeyringError

    try:
        return Secret(keyring.get_password(SERVICE, _account(endpoint)) or "")
    except (KeyringError, RuntimeError, OSError) as error:
        raise NoKeychain from error


def store_token(endpoint: str, token: Secret) -> bool:
    """Stores the token for later sessions, or removes it if ``token`` is empty. Returns False without a keychain.

    May wait until the user unlocks the keychain.
    """
    import keyring
    from keyring.errors import KeyringError, PasswordDeleteError

    try:
        if token:
            keyring.set_password(SERVICE, _account(endpoint), token.value)
        else:
            keyring.delete_password(SERVICE, _account(endpoint))
    except PasswordDeleteError:
        log.debug("there was no token to forget")
    except (KeyringError, RuntimeError, OSError):
        return False
    return True


def _account(endpoint: str) -> str:
    return urlsplit(endpoint).netloc.rpartition("@")[2] or endpoint
