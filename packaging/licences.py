"""Writes resources/licences.json: all parts of Emulsion, with versions, licences and their texts.

Run it where Emulsion is installed, after its libraries have changed: ``python packaging/licences.py``.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

TARGET = Path(__file__).resolve().parent.parent / "resources" / "licences.json"
PROGRAM = "emulsion"
_TEXT_NAMES = re.compile(r"(LICEN[CS]E|COPYING|NOTICE|AUTHORS)", re.IGNORECASE)
_HOMES = ("homepage", "repository", "source", "source code")
_SHORT = {
    "apache": "Apache-2.0",
    "apache 2.0 license": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "mit license": "MIT",
    "isc license": "ISC",
}
INSIDE = (
    {
        "name": "Python",
        "version": platform.python_version(),
        "licence": "PSF-2.0",
        "page": "https://www.python.org",
        "about": "The language Emulsion is written in.",
    },
    {
        "name": "Qt",
        "version": "",
        "licence": "LGPL-3.0-only",
        "page": "https://www.qt.io",
        "about": "The window; inside PySide6-Essentials. Its libraries are separate files and can be replaced.",
    },
    {
        "name": "FFmpeg",
        "version": "",
        "licence": "LGPL-3.0-or-later",
        "page": "https://ffmpeg.org",
        "about": "Films as MP4; inside av. Its libraries are separate files and can be replaced.",
    },
    {
        "name": "x264 and x265",
        "version": "",
        "licence": "GPL-2.0-or-later",
        "page": "https://www.videolan.org/developers/x264.html",
        "about": "Encoders of MP4 films; inside av, as separate files.",
    },
    {
        "name": "Emulsion starter model",
        "version": "",
        "licence": "Apache-2.0",
        "page": "",
        "about": "Drawn and trained for Emulsion; its card lies beside it.",
    },
)
"""Parts that have no metadata of their own."""


def main() -> None:
    parts = all_parts()
    TARGET.write_text(json.dumps(parts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(parts)} parts, {TARGET.stat().st_size / 1e6:.2f} MB")


def all_parts() -> list[dict[str, str]]:
    """Returns one entry for each distribution that Emulsion needs, itself first, then those inside others."""
    found = [part_of(distribution) for distribution in distributions(PROGRAM, set())]
    own = [part for part in found if part["name"].lower() == PROGRAM]
    others = [part for part in found if part["name"].lower() != PROGRAM]
    others += [{**part, "text": ""} for part in INSIDE]
    return [*own, *sorted(others, key=lambda part: part["name"].lower())]


def distributions(name: str, seen: set[str]) -> Iterator[metadata.Distribution]:
    """Yields the distribution and all that it requires here, each once."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key in seen:
        return
    seen.add(key)
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return
    yield distribution
    for text in distribution.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield from distributions(requirement.name, seen)


def part_of(distribution: metadata.Distribution) -> dict[str, str]:
    facts: Any = distribution.metadata
    return {
        "name": str(facts["Name"]),
        "version": distribution.version.partition("+")[0],
        "licence": licence_of(facts),
        "page": page_of(facts),
        "about": " ".join(str(facts.get("Summary") or "").split()),
        "text": text_of(distribution),
    }


def licence_of(facts: Any) -> str:
    """Returns a short name, SPDX if it is known."""
    told = str(facts.get("License-Expression") or facts.get("License") or "").strip()
    if not told or "\n" in told:
        kinds = [str(kind) for kind in facts.get_all("Classifier", []) if str(kind).startswith("License ::")]
        told = " or ".join(kind.rpartition(" :: ")[2] for kind in kinds) or "see its text"
    return _SHORT.get(told.lower(), told)


def page_of(facts: Any) -> str:
    links = [str(link).partition(", ") for link in facts.get_all("Project-URL", [])]
    named = {label.strip().lower(): link.strip() for label, _, link in links}
    home = str(facts.get("Home-page") or "")
    return home or next((named[name] for name in _HOMES if name in named), "")


def text_of(distribution: metadata.Distribution) -> str:
    """Returns all texts of licences, equal ones only once."""
    texts: dict[str, None] = {}
    for file in distribution.files or ():
        inside = ".dist-info" in str(file.parent) and (_TEXT_NAMES.search(file.name) or "licenses" in file.parts)
        text = file.read_text(encoding="utf-8") if inside and file.suffix not in (".py", ".pyc") else None
        if text:
            texts[text.strip().replace("\r\n", "\n")] = None
    return f"\n\n{'-' * 72}\n\n".join(texts)


if __name__ == "__main__":
    main()
