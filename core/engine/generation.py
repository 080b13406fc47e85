"""The generation of one picture: from a start latent through every network call to pixels, told as events."""

from __future__ import annotations

import itertools
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from core.engine.attention_probes import AttentionRecorder
from core.engine.decoding.decoding import Previews
from core.engine.devices.device import DevicePlan
from core.engine.devices.machine import computed_by
from core.engine.initial_state import InitialState
from core.engine.inpainting import network_inputs
from core.engine.loading.identification import identified
from core.engine.loading.loaded_model import PreparedModel
from core.engine.prompt_calls import NumberedCall, PromptCalls
from core.engine.sampling.copies import Copies, Copy
from core.engine.sampling.denoising import Step, denoise
from core.engine.sampling.guidance import Prediction
from core.engine.sampling.schedulers import SamplerRun
from core.engine.sampling.step_hooks import step_hooks
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
    Started,
    Stepped,
)

Steps = Generator[Step, None, torch.Tensor]


def generate_picture(
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
) -> Generator[Event, None, None]:
    """Goes from ``start`` to a picture, the one of this ``index`` among ``count``.

    ``attention`` stands in for ``calls`` where it is to be kept where words act. Raises InvalidRequest for a
    picture that would be too large to be enlarged, NotANumberPicture or torch.OutOfMemoryError.
    """
    film, sampling = start.film, start.sampling
    film = replace(
        film, computed_by=computed_by(plan.device, plan.dtype_name, model.way_of_calls, film.computed_by)
    )
    if film.request.upscaler is not None:  # of a part, the whole picture is enlarged
        enlarger.check(film.whole_size, film.request.upscaler)
    scale, hooks = film.request.guidance_scale, step_hooks(film, start.x.device)
    inputs = network_inputs(film, start.x.device)
    numbers, numbered = itertools.count(len(start.recorded)), NumberedCall(attention or calls)
    guarded = model.guarded(numbered)

    def predict(x: torch.Tensor, t: torch.Tensor) -> Prediction:
        numbered.number = next(numbers)
        return guarded(x if inputs is None else torch.cat([x, inputs], 1), t)

    steps = denoise(predict, sampling, start.x, start.generators, scale, start.recorded, hooks)
    copies = Copies(start.x.device)
    film = _with_frames(film, itertools.islice(steps, len(start.recorded)), sampling, copies)
    if start.recorded and start.film.computed_by not in ("", film.computed_by):
        before, _, now = film.computed_by.rpartition("; then ")
        yield ComputedElsewhere(before, now)
    yield Started(film, index, count)
    spent_seconds = 0.0
    made = _calls(steps, copies, attention, previews)
    while True:
        began = time.perf_counter()
        try:
            call = next(made)
        except StopIteration as end:
            latents: torch.Tensor = end.value
            break
        frame, words = call.read(sampling)
        seconds = time.perf_counter() - began
        spent_seconds += seconds
        previews.budget.add_call(seconds)
        if not start.recorded:  # else it keeps what it tells
            film = replace(film, model=(yield from identified(model.loaded)))
        film = film.with_frame(frame)
        attended = attention.record(frame.call, words) if attention is not None else None
        preview = LinearPreview(film) if call.is_behind else previews.preview(call.step.denoised, film)
        yield Stepped(film, preview, seconds, attended)
    yield Loading(Phase.decoding)
    give_memory_back()  # a decode takes several times the memory of a step
    began = time.perf_counter()
    pixels, note = model.decode(latents)
    decode_seconds = time.perf_counter() - began
    give_memory_back()
    previews.budget.add_decode(decode_seconds, is_preview=False)
    pixels = film.pasted(pixels)
    if (upscaler := film.request.upscaler) is not None:
        yield Loading(Phase.enlarging)
        pixels = yield from enlarger.enlarged(pixels, upscaler, film.request.seamless)
    seconds = spent_seconds + time.perf_counter() - began
    image = image_of(film, plan, pixels, "final", film.request.steps, seconds, note)
    yield ImageReady(image, film)


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
    )
    return GeneratedImage(pixels, recipe)


def rebuild_frames(start: InitialState) -> Film:
    """Returns the film of a recording with all its frames."""
    return _with_frames(start.film, replay(start), start.sampling, Copies(start.x.device))


def replay(start: InitialState) -> Iterator[Step]:
    """Makes the recorded calls again by the scheduler, without any network."""
    film, scale = start.film, start.film.request.guidance_scale
    hooks = step_hooks(film, start.x.device)
    steps = denoise(_no_network, start.sampling, start.x, start.generators, scale, start.recorded, hooks)
    return itertools.islice(steps, len(start.recorded))


def _no_network(x: torch.Tensor, t: torch.Tensor) -> Prediction:
    raise AssertionError(f"call at timestep {t} is not recorded")


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    """A call that is on its way to the processor.

    Attributes:
        has_words: where they acted is there as well.
        is_behind: the call after it has been launched.
    """

    step: Step
    copy: Copy
    has_words: bool
    is_behind: bool = False

    @classmethod
    def begin(cls, step: Step, copies: Copies, words: torch.Tensor | None = None) -> _Call:
        prediction = step.prediction
        halves = () if prediction.uncond is None else (prediction.cond, prediction.uncond)
        latents = (latents[0] for latents in (step.noisy, step.denoised, step.guided, *halves))
        watched = () if words is None else (words,)
        return cls(step, copies.begin([*latents, *watched, step.guided.isfinite().all()]), bool(watched))

    def read(self, sampling: SamplerRun) -> tuple[Frame, NDArray[np.float16] | None]:
        """Returns the film's frame of the call, and where the words acted. Raises NotANumberPicture."""
        *latents, is_finite = self.copy.read()
        if not is_finite:
            raise NotANumberPicture(tr("the network"))
        words = latents.pop() if self.has_words else None
        noisy, denoised, guided, *halves = latents
        call, schedule = self.step.call, sampling.schedule
        return Frame(
            call=call,
            step=schedule.steps[call],
            timestep=float(schedule.timesteps[call]),
            sigma=float(schedule.sigmas[call]),
            noisy=noisy,
            denoised=denoised,
            guided=guided,
            cond=halves[0] if halves else None,
            uncond=halves[1] if halves else None,
        ), words


def _calls(
    steps: Steps, copies: Copies, attention: AttentionRecorder | None, previews: Previews
) -> Generator[_Call, None, torch.Tensor]:
    """Yields each call when it should be read, and returns the final latents.

    On a GPU that is after the next call has been launched, so that the GPU never waits; but for a preview that is
    to be decoded, which waits anyway, and whose time is measured.
    """
    waiting: _Call | None = None
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            if waiting is not None:
                yield waiting
            return end.value
        except Exception:
            if waiting is not None:
                yield replace(waiting, is_behind=True)  # it is done, whatever became of the next one
            raise
        call = _Call.begin(step, copies, attention.seen() if attention is not None else None)
        if waiting is not None:
            yield replace(waiting, is_behind=True)
        waiting = call
        if not copies.looks_ahead or previews.budget.allows_decode:
            waiting = None
            yield call


def _with_frames(film: Film, steps: Iterable[Step], sampling: SamplerRun, copies: Copies) -> Film:
    """Returns the film with the frames of these calls. Raises NotANumberPicture."""
    for step in steps:
        film = film.with_frame(_Call.begin(step, copies).read(sampling)[0])
    return film
