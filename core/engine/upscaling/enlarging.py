"""Enlarges pictures by the upscaler that a request names; keeps the network that was used last."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from PIL import Image
from torch import Tensor, nn

from core.engine.devices.out_of_memory import RAN_OUT, attempt
from core.engine.devices.part_hooks import CPU
from core.engine.networks.seamless import widened, without_margin
from core.engine.upscaling.reading import read_network
from core.engine.upscaling.tiles import LARGEST_TILE_PX, SMALLEST_TILE_PX, tiled
from core.errors import InvalidRequest, UpscalerBroken, UpscalerMissing
from core.files.stamps import stamp_of
from core.language.words import tr
from core.models.catalogue import Catalogue
from core.models.upscalers import upscalers_of
from core.pictures.pixels import Pixels
from core.request.hires import LANCZOS, LATENT_MODES
from core.request.request import GenerationRequest, Size, Upscaler
from core.request.settings.upscaler import LARGEST_SIDE
from core.runs.events import Advanced, UpscalerDiffers
from core.upscalers.kind import UpscalerKind

log = logging.getLogger(__name__)


class Enlarger:
    """Enlarges on one device: half precision on GPUs, float32 on the processor."""

    def __init__(
        self,
        catalogue: Catalogue,
        device: torch.device,
        alone: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """``alone`` takes everything else off the device for a while."""
        self._catalogue = catalogue
        self._device = device
        self._alone = alone
        self._key: tuple[Path, object] | None = None
        self._network: tuple[nn.Module, UpscalerKind] | None = None

    def resolved(self, upscaler: Upscaler) -> Generator[UpscalerDiffers, None, Upscaler]:
        """Returns the upscaler with its hash and factor. Raises UpscalerMissing or UpscalerBroken."""
        path = upscalers_of(self._catalogue).find(upscaler.name)
        _, kind = self._loaded(path)
        sha256 = self._catalogue.memory.sha256_of(path)
        if not sha256.startswith(upscaler.sha256):
            yield UpscalerDiffers(upscaler.key, path, upscaler.sha256, sha256)
        return replace(upscaler, sha256=sha256, factor=upscaler.factor or float(kind.scale))

    def resolved_in(self, request: GenerationRequest) -> Generator[UpscalerDiffers, None, GenerationRequest]:
        """Returns the request with the hashes of its upscalers. Raises as `resolved` and `check` do."""
        if request.upscaler is not None:
            request = replace(request, upscaler=(yield from self.resolved(request.upscaler)))
        if (hires := request.hires) is not None and hires.has_network:
            try:
                network = yield from self.resolved(Upscaler(hires.upscaler, 0.0, hires.sha256))
            except UpscalerMissing as error:
                known = (LANCZOS, *error.known, *LATENT_MODES)
                raise UpscalerMissing(error.name, known, folders=error.folders) from error
            self.check(request.size, network)
            request = replace(request, hires=replace(hires, sha256=network.sha256))
        return request

    def check(self, size: Size, upscaler: Upscaler) -> None:
        """Raises InvalidRequest for a picture that would be too large, UpscalerMissing or UpscalerBroken."""
        _, kind = self._loaded(upscalers_of(self._catalogue).find(upscaler.name))
        most = max(kind.scale, upscaler.factor)
        if round(max(size.width, size.height) * most) > LARGEST_SIDE:
            allowed = tr(
                "{side} pixels at most for the longer side: this upscaler first makes it {scale} times as long, "
                "and {largest} can be handled",
                side=int(LARGEST_SIDE / most),
                scale=kind.scale,
                largest=LARGEST_SIDE,
            )
            raise InvalidRequest("enlarging", str(size), allowed)

    def enlarged(
        self, pixels: Pixels, upscaler: Upscaler, seamless: str = "", size: Size | None = None
    ) -> Generator[Advanced, None, Pixels]:
        """Returns a picture, uint8 (height, width, 3), enlarged by the upscaler's factor, or to a size.

        Tells each tile. Where memory is short the tiles become smaller; then the network is alone on the device;
        at last it computes on the CPU.

        ``seamless`` has the directions in which it goes on at its other side.

        Raises UpscalerMissing, UpscalerBroken, InvalidRequest for a picture that would be too large, or
        torch.OutOfMemoryError.
        """
        self.check(Size(pixels.shape[1], pixels.shape[0]), upscaler)
        network, kind = self._loaded(upscalers_of(self._catalogue).find(upscaler.name))
        height, width = (round(length * (upscaler.factor or kind.scale)) for length in pixels.shape[:2])
        height, width = (size.height, size.width) if size is not None else (height, width)
        picture = torch.tensor(pixels).permute(2, 0, 1)[None].float() / 255
        large = yield from self._with_room(network, kind, widened(picture, seamless))
        if seamless:
            middle = without_margin(torch.from_numpy(large).permute(2, 0, 1)[None], seamless, kind.scale)
            large = np.ascontiguousarray(middle[0].permute(1, 2, 0).numpy())
        if large.shape[:2] != (height, width):
            large = np.asarray(Image.fromarray(large).resize((width, height), Image.Resampling.LANCZOS))
        return large

    def _with_room(
        self, network: nn.Module, kind: UpscalerKind, picture: Tensor
    ) -> Generator[Advanced, None, Pixels]:
        """Returns the whole picture at the network's own scale. Raises torch.OutOfMemoryError."""
        large = np.empty([length * kind.scale for length in picture.shape[2:]] + [3], np.uint8)
        with ExitStack() as room:
            for device, tile_px in self._ways(network, room):
                row = 0
                tiles = self._tiles(network, kind, device, picture, tile_px)
                while (answer := attempt(lambda tiles=tiles: next(tiles, None))) is not None:
                    if answer is RAN_OUT:
                        log.info("out of memory while enlarging on %s in tiles of %d pixels", device, tile_px)
                        break
                    done, total, rows = answer
                    if rows is not None:
                        made = rows[0].clamp_(0, 1).mul_(255).round_().to(torch.uint8).permute(1, 2, 0)
                        large[row : row + len(made)] = made.numpy()
                        row += len(made)
                    yield Advanced(done, total)
                if answer is None:
                    return large
        raise torch.OutOfMemoryError

    def _ways(self, network: nn.Module, room: ExitStack) -> Iterator[tuple[torch.device, int]]:
        """Yields devices and sizes of tiles; each way needs less of the device's memory than the one before."""
        tile_px = LARGEST_TILE_PX
        while tile_px >= SMALLEST_TILE_PX:
            yield self._device, tile_px
            tile_px //= 2
        if self._device.type != "cpu":
            room.enter_context(self._alone())
            room.callback(network.to, CPU)  # before the others come back
            yield self._device, SMALLEST_TILE_PX
            room.callback(self.close)  # the next picture reads it anew, in half precision
            network.to(CPU, torch.float32)
            yield CPU, SMALLEST_TILE_PX

    def _tiles(
        self, network: nn.Module, kind: UpscalerKind, device: torch.device, picture: Tensor, tile_px: int
    ) -> Iterator[tuple[int, int, Tensor | None]]:
        network.to(device)
        yield from tiled(lambda tile: self.call(network, kind, tile), picture, kind.scale, tile_px)

    def close(self) -> None:
        """Forgets the network."""
        self._key = self._network = None

    @property
    def _layout(self) -> torch.memory_format:
        """Returns that of pictures and weights; Metal reads weights in another one wrongly (pytorch 192212)."""
        return torch.contiguous_format if self._device.type == "mps" else torch.channels_last

    def _loaded(self, path: Path) -> tuple[nn.Module, UpscalerKind]:
        key = path, stamp_of(path)
        if self._network is None or self._key != key:
            sha256 = self._catalogue.memory.sha256_of(path)
            network, kind = read_network(path, sha256, upscalers_of(self._catalogue).converted)
            dtype = torch.float32 if self._device.type == "cpu" else torch.float16
            network.to(dtype).to(memory_format=self._layout)  # pyright: ignore[reportCallIssue]
            self._key, self._network = key, (network, kind)
        return self._network

    @torch.inference_mode()
    def call(self, network: nn.Module, kind: UpscalerKind, tile: Tensor) -> Tensor:
        """Returns a tile enlarged; its sides are filled up to what the network's folding needs.

        A network for whose numbers half precision is too narrow goes on in float32. Raises UpscalerBroken for one
        that makes what is no number there, too.
        """
        height, width = tile.shape[2:]
        right, below = -width % kind.folding, -height % kind.folding
        if right or below:
            tile = F.pad(tile, (0, right, 0, below), mode="replicate")
        tile = tile.contiguous(memory_format=self._layout)
        made = _made(network, tile)
        if not made.isfinite().all():
            made = _made(network.float(), tile)
            if not made.isfinite().all():
                path = self._key[0] if self._key is not None else Path()
                raise UpscalerBroken(path, tr("it makes values that are not numbers"))
        return made[:, :, : height * kind.scale, : width * kind.scale]


def _made(network: nn.Module, tile: Tensor) -> Tensor:
    weight = next(network.parameters())
    return network(tile.to(weight.device, weight.dtype))
