"""The hub and the proxy to use, from the settings or else from the environment."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from core.downloads.hub import DEFAULT_ENDPOINT
from core.language.words import tr

ENDPOINT_VARIABLE = "HF_ENDPOINT"
_WEB = ("http", "https")


def chosen_endpoint(setting: str, environment: Mapping[str, str]) -> str:
    """Returns the hub's address without a slash at the end."""
    return (setting or environment.get(ENDPOINT_VARIABLE, "") or DEFAULT_ENDPOINT).rstrip("/")


def endpoint_problem(text: str) -> str:
    """Returns the reason why this cannot be the address of a hub, as a sentence; "" if it can, or is empty."""
    problem = _problem(text, "https://hub.example.org")
    if not problem and (urlsplit(text).query or urlsplit(text).fragment):
        return tr("The address must end before a question mark or a hash.")
    return problem


def proxy_problem(text: str) -> str:
    """Returns the reason why this cannot be the address of a proxy, as a sentence; "" if it can, or is empty."""
    problem = _problem(text, "http://proxy.example.org:8080")
    if not problem and urlsplit(text).path not in ("", "/"):
        return tr("A proxy is a name and a port, without a path.")
    return problem


def _problem(text: str, example: str) -> str:
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return tr("This is not an address. One looks like {example}.", example=example)
    if parts.scheme not in _WEB or not parts.hostname or not has_port or any(char.isspace() for char in text):
        return tr("This is not an address. One looks like {example}.", example=example)
    if parts.username or parts.password:
        return tr(
            "Names and passwords are not kept in settings; put such an address into the environment instead."
        )
    return ""
