"""Shows the latents of a film to the network again, to see where the words of its prompt act."""

from collections.abc import Iterator
from dataclasses import replace

import torch

from core.control.maps import read_maps_of_sizes
from core.engine.attention_probes import attention_recorder
from core.engine.context import Context
from core.engine.generation import replay
from core.engine.initial_state import from_film
from core.engine.inpainting import network_inputs
from core.engine.prompt_calls import NumberedCall
from core.engine.sampling.denoising import Timestep
from core.film.control_maps import known_maps
from core.film.film import Film
from core.prompt.timeline import first_call
from core.runs.events import Advanced, Event, Finished
from core.runs.operations import RecordAttention


def run(context: Context, operation: RecordAttention) -> Iterator[Event]:
    film = operation.film
    folders = (context.sources,) if context.sources is not None else ()
    known = known_maps(film)
    known, _ = read_maps_of_sizes(film.request, known, folders, known)
    hires = film.request.hires.begun() if film.request.hires is not None else None
    alone = replace(film.request, source=None, mask=None, hires=hires)  # its picture may be gone
    model = yield from context.prepare(alone, known)
    told = film.request  # it tells where the calls begin
    request = replace(model.request, source=told.source)
    calls = yield from context.read_prompt(model, request, film.skipped_steps)
    recorder = attention_recorder(model, model.request, calls.of_film(film))
    record = None
    if recorder is not None:
        numbered = NumberedCall(recorder)
        watched = model.guarded(numbered)
        first, total = _first_step(film), len(film.frames)
        start = from_film(film, total, context.plan.device)
        inputs = network_inputs(film, context.plan.device)
        for step in replay(start):
            begin = film.first_call_at(step.call)
            sampling = start.second.sampling if begin and start.second is not None else start.sampling
            t = sampling.timesteps[step.call - begin]
            if film.frames[step.call].step >= first:
                numbered.number = step.call
                x = sampling.scale(step.noisy, t)
                watched(x if inputs is None else torch.cat([x, inputs], 1), Timestep.on(x.device, t))
                record = recorder.take(step.call)
            yield Advanced(step.call + 1, total)
    yield Finished(record)


def _first_step(film: Film) -> int:
    """Returns the first step at which the film's own prompt acted: a branch takes the steps before over."""
    if film.parent is None or "prompt" not in film.parent.changes.split(", "):
        return 0
    has_history = first_call(film.request, film.skipped_steps) == 0
    return film.parent.step if has_history else 0
