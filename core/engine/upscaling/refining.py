"""Refines a finished picture: image to image over the whole of it, with a network that sees one tile at a time.

At each step the network is called for every tile, and its predictions are faded into one (MultiDiffusion, Bar-Tal
et al. 2023, eq. 3 with weights that fall to the edges of the tiles). Noise and sampler are those of the whole, so
that neither a seam nor the order of the tiles is in the picture. All that is as large as the picture lies in the
computer's memory; the device holds one tile.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.control.maps import Maps
from core.engine.inpainting import encoded
from core.engine.loading.loaded_model import PreparedModel
from core.engine.prompt_calls import NumberedCall, PromptCalls, prompt_calls
from core.engine.sampling import schedulers
from core.engine.sampling.denoising import Predict, Timestep
from core.engine.sampling.guidance import Prediction, combine
from core.engine.sampling.schedulers import SamplerRun
from core.engine.sampling.start_noise import start_noise
from core.engine.upscaling.pieces import Piece, pieces
from core.engine.upscaling.tiles import Band
from core.errors import NotANumberPicture
from core.language.words import tr
from core.pictures.pixels import Pixels
from core.request.control import IMAGE_PROMPTS
from core.request.request import Size
from core.runs.events import Advanced
from core.runs.refining import padded_size

OVERLAP = 4
"""A tile shares the part of one in so many with its neighbour."""

LEAST_DECODED_PX = 512
"""The autoencoder works on larger tiles, where those of the network are smaller than the pieces of any decode."""


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """The pieces of a picture.

    Attributes:
        full: its size, filled up to one that the model can take. shape: of its latent.
        tiles: those that the network sees.
        parts, pixels: those of the autoencoder, in places of the latent and in pixels.
    """

    full: Size
    shape: tuple[int, int, int]
    tiles: list[Piece]
    parts: list[Piece]
    pixels: list[Piece]

    @classmethod
    def of(cls, model: PreparedModel, whole: Size, seamless: str) -> _Layout:
        full, each = padded_size(model.loaded.model, whole), model.family.pixels_each
        goes_around = {"x": full.width == whole.width, "y": full.height == whole.height}
        around = "".join(axis for axis in seamless if goes_around[axis])
        shape, tile = model.family.latent_shape(full), model.request.size
        height, width = tile.height // each, tile.width // each
        least = LEAST_DECODED_PX // each
        part = min(max(height, least), shape[1]), min(max(width, least), shape[2])
        tiles = pieces(shape[1:], (height, width), _overlap(height, width), around)
        parts, pixels = (pieces(shape[1:], part, _overlap(*part), around, scale) for scale in (1, each))
        return cls(full, shape, tiles, parts, pixels)


@dataclass(frozen=True, slots=True, eq=False)
class _Guided:
    """The calls of tiles that controls guide: ``maps`` are as large as the picture, and each tile sees its part.

    They are made anew for each tile, since the maps of all would take several times the picture's memory.
    """

    model: PreparedModel
    calls: PromptCalls
    skipped_steps: int
    layout: _Layout
    maps: Maps

    def calls_of(self, tile: int) -> PromptCalls:
        """Returns the calls of the tile of this number."""
        place, each = self.layout.tiles[tile], self.model.family.pixels_each
        rows, columns = (_pixels_of(one, each) for one in (place.rows, place.columns))
        size = self.model.request.size
        parts = {
            key: pixels if key[1] in IMAGE_PROMPTS else _part(pixels, rows, columns)
            for key, pixels in self.maps.items()
        }
        read = replace(self.model, maps={size: parts}).read_prompt
        return prompt_calls(self.calls.timeline, self.model.request, self.skipped_steps, read)


def _pixels_of(places: Tensor, each: int) -> NDArray[np.int64]:
    return (places[:, None] * each + torch.arange(each)).flatten().numpy()


def _part(pixels: Pixels, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Pixels:
    """Returns a part of a map, which ends where the picture does: it may have been filled up beyond."""
    return pixels[rows.clip(max=len(pixels) - 1)[:, None], columns.clip(max=pixels.shape[1] - 1)]


def refined(
    model: PreparedModel, calls: PromptCalls, pixels: Pixels, skipped_steps: int, seamless: str, maps: Maps
) -> Generator[Advanced, None, Pixels]:
    """Returns a picture, uint8 (height, width, 3), refined; ``model.request.size`` is that of the tiles.

    ``calls`` are the network's for these steps; ``seamless`` has the directions in which the picture goes on at
    its other side; ``maps`` are those of its controls, as large as the picture.

    Raises InvalidRequest, NotANumberPicture or torch.OutOfMemoryError.
    """
    request = model.request
    layout = _Layout.of(model, Size(pixels.shape[1], pixels.shape[0]), seamless)
    config = model.family.scheduler_config_for(request)
    sampling = schedulers.build(request.sampler, config, request.steps, skipped_steps)
    total = 2 * len(layout.parts) + len(sampling.timesteps) * len(layout.tiles)
    guided = None if not request.controls else _Guided(model, calls, skipped_steps, layout, maps)
    work, done = _work(model, calls, pixels, sampling, layout, guided), 0
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value
        done += 1
        yield Advanced(done, total)


def _work(
    model: PreparedModel,
    calls: PromptCalls,
    pixels: Pixels,
    sampling: SamplerRun,
    layout: _Layout,
    guided: _Guided | None,
) -> Generator[None, None, Pixels]:
    """Yields after each piece."""
    x0 = yield from _encoded(model, pixels, layout)
    generators = [torch.Generator("cpu").manual_seed(model.request.seed or 0)]
    x = sampling.noised(x0, start_noise(layout.shape, generators))
    call = NumberedCall(calls)
    predict = model.guarded(call)
    for number, t in enumerate(sampling.timesteps):
        call.number = number
        at = Timestep.on(model.loaded.plan.device, t)
        prediction = yield from _predicted(predict, sampling.scale(x, t), at, layout, call, guided)
        combined = combine(prediction, model.request.guidance_scale)
        if not combined.isfinite().all():
            raise NotANumberPicture(tr("the network"))
        x = sampling.step(combined, t, x, generators)
    return (yield from _decoded(model, x, layout))[: pixels.shape[0], : pixels.shape[1]]


def _encoded(model: PreparedModel, pixels: Pixels, layout: _Layout) -> Generator[None, None, Tensor]:
    more = (layout.full.height - pixels.shape[0], layout.full.width - pixels.shape[1])
    pixels = np.pad(pixels, ((0, more[0]), (0, more[1]), (0, 0)), mode="edge")
    x0 = torch.zeros(1, *layout.shape)
    for place, seen in zip(layout.parts, layout.pixels, strict=True):
        part = pixels[seen.rows.numpy()[:, None], seen.columns.numpy()]
        encode = partial(encoded, model.family, part, None, model.loaded.plan.device)
        place.add_to(x0, model.with_autoencoder(encode))
        yield
    return x0


def _predicted(
    predict: Predict, x: Tensor, t: Timestep, layout: _Layout, call: NumberedCall, guided: _Guided | None
) -> Generator[None, None, Prediction]:
    """Returns the prediction for the whole x, in float32; each tile is guided by its own part of the maps."""
    whole: Prediction | None = None
    for number, place in enumerate(layout.tiles):
        if guided is not None:
            call.calls = guided.calls_of(number)
        made = predict(place.of(x).to(t.tensor.device), t)
        if whole is None:
            layers = made.without_layers
            whole = replace(
                made,
                cond=torch.zeros_like(x),
                uncond=None if made.uncond is None else torch.zeros_like(x),
                without_layers=None if layers is None else (torch.zeros_like(x), layers[1]),
            )
        for sums, part in zip(_latents(whole), _latents(made), strict=True):
            place.add_to(sums, part)
        yield
    assert whole is not None
    return whole


def _latents(prediction: Prediction) -> list[Tensor]:
    layers = () if prediction.without_layers is None else prediction.without_layers[:1]
    return [latent for latent in (prediction.cond, prediction.uncond, *layers) if latent is not None]


def _decoded(model: PreparedModel, x: Tensor, layout: _Layout) -> Generator[None, None, Pixels]:
    height, width, first = layout.full.height, layout.full.width, layout.pixels[0]
    goes_around = any(bool(seen.rows[0] > seen.rows[-1]) for seen in layout.pixels)
    band = Band(3, height if goes_around else len(first.rows), width)
    made = np.empty((height, width, 3), np.uint8)

    def finish(end: int) -> None:
        top, rows = band.top, band.finished(end)
        made[top:end] = rows[0].round_().to(torch.uint8).permute(1, 2, 0).numpy()

    for place, seen in zip(layout.parts, layout.pixels, strict=True):
        if not goes_around:
            finish(int(seen.rows[0]))
        size = Size(len(seen.columns), len(seen.rows))
        decoder = replace(model, request=replace(model.request, size=size))
        part, _ = decoder.decode(place.of(x).to(model.loaded.plan.device))
        seen.below(band.top).add_to(band.sums, torch.from_numpy(part).permute(2, 0, 1)[None])
        yield
    finish(height)
    return made


def _overlap(*sides: int) -> int:
    return max(1, min(sides) // OVERLAP)
