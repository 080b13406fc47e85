"""A process with an engine that needs no torch: ``python -m tests.core.remote.fake_process``.

The prompt tells what goes wrong at its third call; before that libraries print.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.cli.commands.engine import serve, serve_session
from core.errors import DeviceLost
from core.models.folders import Places
from core.models.memory_plan import DeviceMemory
from core.remote import server
from core.remote.messages import MakeEngine, Ready
from core.runs.events import Event, Stepped
from core.runs.operations import Operation
from tests.fakes import FakeEngine

NOISE = "a library has something to say"
FAILING_CALL = 3
MADE = "EMULSION_FAKE_MADE"
"""The variable with the path of a file that gets a letter for each event."""


def fail_by_division() -> None:
    raise ZeroDivisionError(1 / 0)


def lose_the_device() -> None:
    raise DeviceLost("Fake")


FAILURES: dict[str, Callable[[], object]] = {
    "abort": os.abort,
    "exit": lambda: os._exit(3),
    "hang": lambda: time.sleep(1000),
    "divide": fail_by_division,
    "lose": lose_the_device,
}


class FailingEngine(FakeEngine):
    """Does what its prompt says, late in the run."""

    def run(self, operation: Operation[Any]) -> Generator[Event, None, None]:
        for event in super().run(operation):
            if MADE in os.environ:
                with Path(os.environ[MADE]).open("a") as made:
                    made.write("x")
            if isinstance(event, Stepped) and event.frame.call == FAILING_CALL:
                FAILURES.get(event.film.request.prompt, lambda: None)()
            print(NOISE, flush=True)  # noqa: T201 as libraries do
            os.write(1, f"{NOISE}\n".encode())
            yield event


def make(how: MakeEngine, _places: Callable[[], Places]) -> tuple[FailingEngine, Ready]:
    """``how.device`` is the time that a call takes, in seconds."""
    print(NOISE, flush=True)  # noqa: T201 as libraries do
    engine = FailingEngine()
    engine.call_seconds = float(how.device or 0)
    return engine, Ready("cpu", "Fake", "float32", "as asked", DeviceMemory("cpu", 2, 1), process=os.getpid())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", nargs="?")
    parser.add_argument("--stdio", action="store_true")
    parser.add_argument("--session")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--table")
    parser.add_argument("--devices", default="")
    arguments = parser.parse_args()
    if arguments.table:
        server.fingerprint = lambda: arguments.table
    gpus = tuple((key, name) for key, _, name in (arguments.devices.partition("="),) if key)

    def make_with_devices(how: MakeEngine, places: Callable[[], Places]) -> tuple[FailingEngine, Ready]:
        engine, ready = make(how, places)
        return engine, replace(ready, gpus=gpus)

    if arguments.session is None:
        serve(make)
    else:
        serve_session(make_with_devices, arguments.session, is_again=arguments.again)


if __name__ == "__main__":
    main()
