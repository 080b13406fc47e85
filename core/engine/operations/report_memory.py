"""Tells what the loaded model takes of the device's memory."""

from collections.abc import Iterator

from core.engine.context import Context
from core.runs.events import Event, Finished
from core.runs.operations import ReportMemory


def run(context: Context, _operation: ReportMemory) -> Iterator[Event]:
    yield Finished(context.memory_in_use())
