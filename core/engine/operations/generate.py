"""Makes the pictures of a request, one after the other."""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from core.engine.attention_probes import attention_recorder
from core.engine.context import Context
from core.engine.generation import generate_picture
from core.engine.initial_state import from_request
from core.pictures.source import keep_sources
from core.prompt.drawing import has_template
from core.prompt.timeline import left_out
from core.request.numbering import numbered, seeded
from core.request.request import GenerationRequest
from core.runs.events import Event, MaskMissing
from core.runs.operations import Generate


def run(context: Context, operation: Generate, following: Iterable[GenerationRequest] = ()) -> Iterator[Event]:
    """``following`` are more requests that will come, as those of the operation."""
    asked = operation.request
    batch = operation.batch or (secrets.token_hex(16) if asked.count > 1 else "")
    first = seeded(asked)
    model = yield from context.prepare(first)
    if model.family.takes_mask and asked.mask is None:
        yield MaskMissing(model.loaded.model.key)
    own = (numbered(first, index) for index in range(1, asked.count if has_template(asked) else 0))
    coming = chain(own, operation.following, following)
    keep_sources(model.request, context.sources)
    calls = yield from context.read_prompt(model, model.request, left_out(model.request), coming)
    for index in range(asked.count):
        one = numbered(first, index)
        if index and has_template(asked):  # each picture draws its own prompt, which may name its own LoRAs
            model = yield from context.prepare(one)
            calls = yield from context.read_prompt(model, model.request, left_out(model.request))
        request = replace(model.request, seed=one.seed, variation=one.variation, count=1)
        start = model.with_autoencoder(
            lambda request=request, model=model: from_request(model.family, request, context.plan.device)
        )
        film = replace(model.with_maps(start.film), run=operation.run or start.film.run, batch=batch)
        of_film = calls.of_film(film)
        yield from generate_picture(
            model,
            replace(start, film=film),
            calls=of_film,
            attention=attention_recorder(model, request, of_film) if operation.attention else None,
            previews=model.previews(operation.previews, request.size, context.decode_times),
            plan=model.loaded.plan,
            enlarger=context.enlarger,
            index=index,
            count=asked.count,
        )
