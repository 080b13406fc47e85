"""Text that helps to understand a problem and may be shown to anybody: no prompts, no names, no tokens."""

import getpass
import platform
import re
from collections.abc import Iterable
from pathlib import Path

from core.paths import Folders
from core.recipes.recipe import library_versions
from core.settings.settings import Settings
from core.version import VERSION

LOG_NAME = "emulsion.log"
LOG_TAIL_BYTES = 8_000
LARGEST_CRASH_BYTES = 20_000

_TOKEN = re.compile(r"\b(hf_|sk-|ghp_|Bearer\s+)[\w.~+/-]{8,}=*", re.IGNORECASE)
_LINK_SECRET = re.compile(r"(\w+://)[^\s/@]+@")
_LINK_QUERY = re.compile(r"(\w+://[^\s?]+)\?\S+")


def diagnostics(folders: Folders, settings: Settings, device_plan: str, crash: Path | None = None) -> str:
    """Returns a report in plain text.

    Args:
        device_plan: what the engine computes on and why; "" before it has been chosen.
        crash: traces of the run that ended unexpectedly.
    """
    versions = {"Emulsion": VERSION, "Python": platform.python_version(), "System": platform.platform()}
    parts = [
        "\n".join(f"{name} {version}" for name, version in {**versions, **library_versions()}.items()),
        f"Device\n{device_plan or 'not chosen yet: no picture was made'}",
        f"Settings\ndevice {settings.device or 'best'}, dtype {settings.dtype or 'best'}, previews "
        f"{settings.previews.name}, films {settings.keep_films.name}, theme {settings.theme.name}",
    ]
    if crash is not None:
        parts.append(f"What the run before left when it ended\n{_end_of(crash, LARGEST_CRASH_BYTES)}")
    parts.append(f"The end of the log\n{_end_of(folders.logs / LOG_NAME, LOG_TAIL_BYTES)}")
    own = [settings.pictures, *settings.model_folders, folders.data, folders.config, folders.cache, folders.logs]
    return scrub("\n\n".join(parts) + "\n", own)


def scrub(text: str, folders: Iterable[Path] = (), home: Path | None = None, user: str | None = None) -> str:
    """Removes personal data: the user's folders and name, tokens, secrets in links."""
    home = _home() if home is None else home
    user = _user() if user is None else user
    for number, folder in enumerate(sorted({str(folder) for folder in folders}, key=len, reverse=True), 1):
        text = text.replace(folder, f"<folder {number}>")
    if home is not None and len(home.parts) > 1:
        text = text.replace(str(home), "~")
    if user:
        text = re.sub(rf"(?<![\w.]){re.escape(user)}(?![\w.])", "<user>", text)
    text = _TOKEN.sub(r"\1…", text)
    text = _LINK_SECRET.sub(r"\1…@", text)
    return _LINK_QUERY.sub(r"\1?…", text)


def _end_of(path: Path, most_bytes: int) -> str:
    """Returns whole lines from the end of a file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - most_bytes))
            content = file.read(most_bytes).decode("utf-8", "replace")
    except OSError:
        return "not there"
    lines = content.splitlines()
    return "\n".join(lines[1:] if size > most_bytes else lines) or "empty"


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None


def _user() -> str:
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
    return name if len(name) > 1 and name not in ("root", "user") else ""
