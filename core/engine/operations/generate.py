"""Makes the pictures of a request, one after the other."""

import secrets
from collections.abc import Iterator
from dataclasses import replace

from core.engine.context import Context, attention_recorder
from core.engine.generation import generate_picture
from core.engine.initial_state import from_request
from core.request.settings.seed import RANDOM_SEEDS
from core.runs.events import Event
from core.runs.operations import Generate


def run(context: Context, operation: Generate) -> Iterator[Event]:
    model = yield from context.prepare(operation.request)
    request = model.request
    calls = yield from context.read_prompt(model, request)
    first_seed = secrets.randbelow(RANDOM_SEEDS) if request.seed is None else request.seed
    for index in range(request.count):
        single = replace(request, seed=(first_seed + index) % 2**64, count=1)
        start = model.with_autoencoder(
            lambda single=single: from_request(model.family, single, context.plan.device)
        )
        if operation.run:
            start = replace(start, film=replace(start.film, run=operation.run))
        yield from generate_picture(
            model,
            start,
            calls=calls,
            attention=attention_recorder(model, request, calls) if operation.attention else None,
            previews=model.previews(operation.previews, request.size, context.decode_times),
            plan=model.loaded.plan,
            index=index,
            count=request.count,
        )
