"""Looks for a newer version, only when the user asks, at an address that can be seen and changed.

The address is a file, or a link, to JSON such as ``{"version": "1.2", "about": "…", "page": "https://…"}``.
Nothing is sent but the request for it.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import httpx2

from core.files.atomic import words_of
from core.language.words import tr
from core.version import VERSION

LARGEST_BYTES = 64 * 2**10
LONGEST_ABOUT = 500
WAIT_S = 10.0
_WEB = ("http", "https")


@dataclass(frozen=True, slots=True)
class UpdateInfo:
    """The result of looking for an update.

    Attributes:
        sentence: for people.
        page: where the new version is, a web address, or "".
    """

    sentence: str
    page: str = ""


def check(address: str) -> UpdateInfo:
    """Reads the announcement and compares it with this version. Never raises."""
    if not address:
        return UpdateInfo(tr("This copy of Emulsion does not know where new versions are announced."))
    try:
        content = _read(address)
    except (OSError, ValueError, httpx2.HTTPError, httpx2.InvalidURL) as error:
        return UpdateInfo(tr("{address} could not be read: {reason}.", address=address, reason=_reason(error)))
    return news_of(content)


def news_of(content: bytes, current: str = VERSION) -> UpdateInfo:
    """Returns the meaning of an announcement for this version."""
    try:
        announced = json.loads(content)
    except (ValueError, RecursionError):
        announced = None
    match announced:
        case {"version": str(version)} if numbers_of(version):
            pass
        case _:
            return UpdateInfo(tr("No version is announced there."))
    if numbers_of(version) <= numbers_of(current):
        return UpdateInfo(tr("Emulsion {current} is the newest version.", current=current))
    about, page = announced.get("about", ""), announced.get("page", "")
    words = " ".join(about.split())[:LONGEST_ABOUT] if isinstance(about, str) else ""
    sentence = f"Emulsion {version[:40]} is there; this is {current}. {words}".strip()
    is_web = isinstance(page, str) and urlsplit(page).scheme in _WEB
    return UpdateInfo(sentence, page if is_web else "")


def numbers_of(version: str) -> tuple[int, ...]:
    """``"1.2.0"`` -> (1, 2); () if it is no version. Zeros at the end do not count."""
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6}){0,5}", version):
        return ()
    numbers = [int(part) for part in version.split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _read(address: str) -> bytes:
    """Returns the content of an address. Raises OSError, ValueError or an error of httpx2."""
    parts = urlsplit(address)
    if parts.scheme in _WEB:
        headers = {"User-Agent": f"Emulsion/{VERSION}", "Accept-Encoding": "identity"}
        # a redirect to anything but the web is refused
        with httpx2.stream("GET", address, headers=headers, timeout=WAIT_S, follow_redirects=True) as answer:
            answer.raise_for_status()
            return next(answer.iter_raw(LARGEST_BYTES), b"")
    path = Path(url2pathname(parts.path)) if parts.scheme == "file" else Path(address)
    with path.open("rb") as file:
        return file.read(LARGEST_BYTES)


def _reason(error: Exception) -> str:
    match error:
        case httpx2.HTTPStatusError():
            return tr("the server answers {status_code}", status_code=error.response.status_code)
        case httpx2.HTTPError():
            return re.sub(r"^\[Errno -?\d+\] ", "", str(error))[:200] or tr("no answer")
        case OSError():
            return words_of(error)
        case _:
            return tr("it is not an address, or the answer makes no sense")
