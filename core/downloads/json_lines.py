"""Events of a download as lines of JSON, from the process that downloads to the window or a script."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.downloads.events import Checking, Completed, Damaged, DownloadEvent, Downloading, Listed, Waiting
from core.downloads.failures import DownloadFailed, Failure, Fault

_KINDS = {kind.__name__.lower(): kind for kind in (Checking, Completed, Damaged, Downloading, Listed, Waiting)}
FAILED = "failed"


def to_line(event: DownloadEvent | DownloadFailed) -> str:
    """Returns one line without its end; a failure is the last one."""
    if isinstance(event, DownloadFailed):
        content = {"event": FAILED, "failure": asdict(event.failure)}
    else:
        content = {"event": type(event).__name__.lower(), **asdict(event)}
    return json.dumps(content, default=lambda value: value.name if isinstance(value, Fault) else str(value))


def from_line(line: str) -> DownloadEvent | DownloadFailed | None:
    """Returns the event of a line, or None if it is none."""
    try:
        content: dict[str, Any] = json.loads(line)
        name = content.pop("event")
        if "failure" in content:
            failure: dict[str, Any] = content["failure"]
            fault = Fault[failure.pop("fault")]
            content["failure"] = Failure(fault, **failure)
        if "folder" in content:
            content["folder"] = Path(content["folder"])
        return DownloadFailed(content["failure"]) if name == FAILED else _KINDS[name](**content)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
