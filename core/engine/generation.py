"""The generation of one picture: from a start latent through every network call to pixels, told as events."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch

from core.engine.attention_probes import AttentionRecorder
from core.engine.decoding.decoding import Previews
from core.engine.devices.device import DevicePlan
from core.engine.devices.machine import computed_by
from core.engine.devices.out_of_memory import RAN_OUT, attempt
from core.engine.initial_state import InitialState, from_film
from core.engine.inpainting import network_inputs
from core.engine.loading.identification import identified
from core.engine.loading.loaded_model import PreparedModel
from core.engine.prompt_calls import NumberedCall, PromptCalls
from core.engine.read_calls import ReadCall, Steps, read_calls, with_frames
from core.engine.sampling.copies import Copies
from core.engine.sampling.denoising import Predict, Step, StepHook, Timestep, denoise
from core.engine.sampling.guidance import Prediction
from core.engine.sampling.step_hooks import step_hooks
from core.engine.second_pass import FirstPassDone, SecondStart, begin, rebuilt
from core.engine.upscaling.enlarging import Enlarger
from core.errors import NotANumberPicture
from core.film.film import Film, Frame
from core.heap import give_memory_back
from core.language.words import tr
from core.pictures.picture import GeneratedImage
from core.pictures.pixels import Pixels
from core.recipes.recipe import Recipe, Stage
from core.runs.events import (
    ComputedElsewhere,
    Event,
    ImageReady,
    LinearPreview,
    Loading,
    Phase,
    SecondPassLeftOut,
    Started,
    Stepped,
)

BeginSecond = Callable[[torch.Tensor], Generator[Event, None, SecondStart]]
"""Makes the start of the second pass of the final latents of the first."""


def generate_picture(
    model: PreparedModel, start: InitialState, *, plan: DevicePlan, **rest: Any
) -> Generator[Event, None, None]:
    """Goes from ``start`` to a picture, with the arguments of `_made`: the one of an ``index`` among ``count``.

    ``attention`` stands in for ``calls`` where it is to be kept where words act. When memory runs out in a second
    pass, the picture is that of the first. Raises InvalidRequest for a picture that would be too large to be
    enlarged, NotANumberPicture or torch.OutOfMemoryError.
    """
    made = _made(model, start, plan=plan, **rest)
    first, film, seconds = None, start.film, 0.0
    try:
        while (event := attempt(lambda: next(made, None))) is not RAN_OUT:
            if event is None:
                return
            if isinstance(event, FirstPassDone):
                first = event
                continue
            if isinstance(event, Started | Stepped):
                film = event.film
            if isinstance(event, Stepped):
                seconds += event.seconds
            if isinstance(event, Loading) and event.phase is Phase.enlarging and film.is_complete:
                first = None  # what both passes made is there
            yield event
    finally:
        made.close()
    if first is None:
        raise torch.OutOfMemoryError
    yield SecondPassLeftOut()
    yield Loading(Phase.decoding)
    began = time.perf_counter()
    give_memory_back()
    pixels, note = model.decode(first.latents, film.request.size)
    seconds += time.perf_counter() - began
    alone = replace(film, request=replace(film.request, hires=None, upscaler=None))
    yield ImageReady(image_of(alone, plan, pixels, "final", film.request.steps, seconds, note), film)


def developed(
    start: InitialState, predict: Predict, hooks: Sequence[StepHook], begin_second: BeginSecond
) -> Generator[Step | Event | FirstPassDone | SecondStart, None, torch.Tensor]:
    """Yields each call of both passes, counted as in the film, and returns the final latents.

    Between the passes it tells the end of the first, what ``begin_second`` tells, and the start of the second.
    """
    film = start.film
    scale = film.request.guidance_scale
    steps = denoise(predict, start.sampling, start.x, start.generators, scale, start.recorded, hooks)
    latents = yield from steps
    if film.second is None:
        return latents
    yield FirstPassDone(latents)
    second = start.second or (yield from begin_second(latents))
    yield second
    scale = film.request.in_second_pass.guidance_scale
    steps = denoise(predict, second.sampling, second.x, second.generators, scale, second.recorded)
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        yield replace(step, call=film.second.first_call + step.call)


def _made(
    model: PreparedModel,
    start: InitialState,
    *,
    calls: PromptCalls,
    attention: AttentionRecorder | None,
    previews: Previews,
    plan: DevicePlan,
    enlarger: Enlarger,
    index: int = 0,
    count: int = 1,
) -> Generator[Event | FirstPassDone, None, None]:
    """Yields what `generate_picture` tells of a run whose memory suffices, and the end of its first pass."""
    film = start.film
    film = replace(
        film, computed_by=computed_by(plan.device, plan.dtype_name, model.way_of_calls, film.computed_by)
    )
    if film.request.upscaler is not None:  # of a part, the whole picture is enlarged
        enlarger.check(film.whole_size, film.request.upscaler)
    hooks, inputs = step_hooks(film, start.x.device), network_inputs(film, start.x.device)
    numbered, copies = NumberedCall(attention or calls), Copies(start.x.device)

    def run_from(state: InitialState, film: Film, *, checks: bool) -> tuple[Film, Iterator[Any]]:
        """Returns the film with the calls that are taken over, and what `read_calls` yields of the others."""
        numbers, guarded = itertools.count(state.taken_over), model.guarded(numbered, checks=checks)

        def predict(x: torch.Tensor, t: Timestep) -> Prediction:
            numbered.number = next(numbers)
            return guarded(x if inputs is None else torch.cat([x, inputs], 1), t)

        steps = developed(state, predict, hooks, lambda latents: begin(model, start.film, latents, enlarger))
        film, between = with_frames(replace(film, frames=()), steps, state.taken_over, copies)
        return film, itertools.chain(between, read_calls(steps, copies, attention, previews))

    has_overflowed = False
    film, made = run_from(start, film, checks=has_overflowed)
    if start.taken_over and start.film.computed_by not in ("", film.computed_by):
        before, _, now = film.computed_by.rpartition("; then ")
        yield ComputedElsewhere(before, now)
    yield Started(film, index, count)
    spent_seconds, notes = 0.0, [""]
    latents = start.x
    while True:
        began = time.perf_counter()
        match next(made, None):
            case None:
                break
            case torch.Tensor() as latents:
                pass
            case SecondStart(note=note):
                notes.append(note)
            case ReadCall() as call:
                frame, words, is_finite = call.read(film.schedule)
                seconds = time.perf_counter() - began
                spent_seconds += seconds
                if not is_finite:
                    if has_overflowed or not call.may_overflow:
                        raise NotANumberPicture(tr("the network"))
                    has_overflowed = True  # each call of the rest is waited for, and repeated where it has to be
                    again = _taken_back(film, frame, start.x.device)
                    film, made = run_from(again, film, checks=has_overflowed)
                    continue
                previews.budget.add_call(seconds)
                if not start.recorded:  # else it keeps what it tells
                    identity = yield from identified(model.loaded)
                    film = film if film.model is identity else replace(film, model=identity)
                film = film.with_frame(frame)
                attended = attention.record(frame.call, words) if attention is not None else None
                preview = LinearPreview(film) if call.is_behind else previews.preview(call.step.denoised, film)
                yield Stepped(film, preview, seconds, attended)
            case event:
                yield event
    yield Loading(Phase.decoding)
    give_memory_back()  # a decode takes several times the memory of a step
    began = time.perf_counter()
    pixels, note = model.decode(latents, film.size_of(latents.shape))
    decode_seconds = time.perf_counter() - began
    give_memory_back()
    if film.second is None:  # the budget is that of the first pass's size
        previews.budget.add_decode(decode_seconds, is_preview=False)
    pixels = film.pasted(pixels)
    if (upscaler := film.request.upscaler) is not None:
        yield Loading(Phase.enlarging)
        pixels = yield from enlarger.enlarged(pixels, upscaler, film.request.seamless)
    seconds = spent_seconds + time.perf_counter() - began
    note = " ".join(dict.fromkeys(filter(None, (*notes, note))))
    image = image_of(film, plan, pixels, "final", film.request.all_steps, seconds, note)
    yield ImageReady(image, film)


def _taken_back(film: Film, failed: Frame, device: torch.device) -> InitialState:
    """Returns the start from which the run of a film goes on with a call that is made once more.

    ``failed`` is what that call gave, of which the latents before it alone are used.
    """
    start = from_film(film.with_frame(failed), failed.call, device)
    if film.second is not None and failed.call == film.second.first_call:
        start = replace(start, second=rebuilt(film, failed.noisy, (), device))
    return start


def image_of(
    film: Film, plan: DevicePlan, pixels: Pixels, stage: Stage, step: int, seconds: float, note: str
) -> GeneratedImage:
    is_final = stage == "final"
    recipe = Recipe(
        request=film.request if is_final else replace(film.request, upscaler=None),
        model=film.model,
        stage=stage,
        step=step,
        device=plan.device.type,
        dtype=plan.dtype_name,
        seconds=seconds,
        note=note,
        run=film.run,
        parent=film.parent,
        batch=film.batch,
        computed_by=film.computed_by,
    )
    return GeneratedImage(pixels, recipe)


def rebuild_frames(start: InitialState) -> Film:
    """Returns the film of a recording with all its frames."""
    return with_frames(start.film, _replayed(start), start.taken_over, Copies(start.x.device))[0]


def replay(start: InitialState) -> Iterator[Step]:
    """Makes the recorded calls again by the scheduler, without any network."""
    steps = (step for step in _replayed(start) if isinstance(step, Step))
    return itertools.islice(steps, start.taken_over)


def _replayed(start: InitialState) -> Steps:
    return developed(start, _no_network, step_hooks(start.film, start.x.device), _no_second_pass)


def _no_second_pass(latents: torch.Tensor) -> Generator[Event, None, SecondStart]:
    raise AssertionError(f"the second pass behind latents of shape {latents.shape} is not recorded")


def _no_network(x: torch.Tensor, t: Timestep) -> Prediction:
    raise AssertionError(f"call at timestep {t.value} is not recorded")
