"""Convolutions of 3x3 with fewer products, on the processor (see `core.engine.networks.minimal_filtering`).

Sums and differences of places come before the products, and of products after them, so a picture is worked through
in bands of rows whose tensors stay in the processor's cache. The products are one convolution of 1x1 in groups,
whose weights oneDNN packs.
"""

from collections.abc import Iterator
from functools import partial
from typing import cast
from weakref import ref

import torch

from core.engine.networks.minimal_filtering import PAIR, QUAD, Filtering
from core.engine.networks.processor_layers import ProcessorConv2d, plain_weight, version_of
from core.heap import give_memory_back

_PRODUCTS, _VALUES = 2**12, 2**21
"""Products of each channel that are made at once, and more where channels are so few that there would be fewer
values than these.

This took the least time with 128 to 1280 channels on a processor with 1 MiB of cache for each core.
"""

_CHANNELS_OFTEN, _CHANNELS_ONCE, _TOO_MANY_CHANNELS = 256 * 256, 128 * 128, 640 * 2048
"""Channels in by channels out: the fewest of layers that are called often, and once; and the most.

Nearly all weights of a U-Net are in layers of more, whose sums of `PAIR` would take 105 MB and more each.
"""

_CHANNELS = 64
"""With fewer channels than these, in or out, there are too few products to save for the sums around them."""

_MANY_PLACES, _MANY_PRODUCTS = 64 * 64, 2**28
"""Places, and places by channels in and out, from which on sums of weights for one call take less than they save:
those of `QUAD`, and those of `PAIR`, which are half as many.
"""


class MinimalConvolution:
    """Computes in float32 what a layer does for which `can_be_minimal` is true, but for the last bits.

    Sums of weights take 16/9 of the room of the weights, as much as they, or four times as much, beside them.
    """

    def __init__(self, filtering: Filtering, layer: ProcessorConv2d) -> None:
        self._filtering, self._channels = filtering, layer.out_channels
        self._weight, self._bias = ref(layer.weight), layer.bias  # a reference keeps nothing in memory
        self._versions = _versions(layer)
        parts = len(filtering.weights)
        with torch.inference_mode(mode=False), torch.no_grad():
            products = ProcessorConv2d(
                parts**2 * layer.in_channels, parts**2 * layer.out_channels, 1, groups=parts**2, device="meta"
            )
            bias = torch.zeros(layer.out_channels) if layer.bias is None else layer.bias
            line = torch.tensor(filtering.bias, dtype=torch.float32)
            biases = torch.outer(torch.outer(line, line).view(-1), bias).view(-1)
            products.bias = torch.nn.Parameter(biases, requires_grad=False)
            put_off = products.put_off(torch.float32, partial(_sums, filtering, plain_weight(layer)))
            products.weight = torch.nn.Parameter(put_off, requires_grad=False)
        self._products, self._is_new = products, True

    def is_of(self, layer: ProcessorConv2d) -> bool:
        """Returns whether the layer's weights are those that it was made of."""
        is_same = self._weight() is layer.weight and self._bias is layer.bias
        return is_same and self._versions == _versions(layer)

    @property
    def is_refused(self) -> bool:
        """Returns True where torch's own operator had to make the products, which is no gain."""
        return type(self._products) is torch.nn.Conv2d

    def __call__(self, picture: torch.Tensor, is_kept: bool = False) -> torch.Tensor:
        """Returns (batch, channels out, height, width) in channels_last; doubled, where places are repeated.

        If it ``is_kept``, what packing took is given back before other tensors take parts of it.
        """
        picture = picture.contiguous(memory_format=torch.channels_last)
        batch, channels, height, width = picture.shape
        makes, step = self._filtering.makes, self._filtering.step
        rows, columns = -(-height // step), -(-width // step)
        made = torch.empty((batch, makes * rows, makes * columns, self._channels))
        tiles = made.view(batch, rows, makes, columns, makes, -1)
        products = max(_PRODUCTS, _VALUES // max(channels, self._channels))
        for images, band in _bands(batch, rows, columns, products // (step + 2) ** 2):
            padded = _padded(picture.permute(0, 2, 3, 1)[images], band, columns, step)
            self._make(padded, tiles[images, band])
        if self._is_new and is_kept:
            give_memory_back()
        self._is_new = False
        whole = made[:, : makes * height // step, : makes * width // step].permute(0, 3, 1, 2)
        return whole.contiguous(memory_format=torch.channels_last)

    def _make(self, padded: torch.Tensor, tiles: torch.Tensor) -> None:
        """Makes (images, rows, n, columns, n, channels out) of (images, places, places, channels in)."""
        images, rows, makes, columns, _, _ = tiles.shape
        split, join, step = self._filtering.split, self._filtering.join, self._filtering.step
        parts = step + 2
        width, channels = padded.shape[2:]
        lines = padded.new_empty(images, rows, parts, width, channels)
        split([padded[:, i : i + (rows - 1) * step + 1 : step] for i in range(parts)], lines.unbind(2))
        places = padded.new_empty(images, rows, columns, parts, parts, channels)
        columns_of = [lines[:, :, :, i : i + (columns - 1) * step + 1 : step] for i in range(parts)]
        split(columns_of, places.permute(0, 1, 3, 2, 4, 5).unbind(4))
        product = self._products(places.view(1, images * rows, columns, -1).permute(0, 3, 1, 2))
        product = product.permute(0, 2, 3, 1).reshape(images, rows, columns, parts, parts, -1)
        joined = product.new_empty(images, rows, makes, columns, parts, self._channels)
        join(product.unbind(3), joined.unbind(2))
        join(joined.unbind(4), tiles.unbind(4))


def _bands(batch: int, rows: int, columns: int, tiles: int) -> Iterator[tuple[slice, slice]]:
    """Yields images and rows of tiles that are made at once: several images, or a part of one."""
    if rows * columns <= tiles:
        at_once = tiles // (rows * columns)
        yield from ((slice(i, i + at_once), slice(0, rows)) for i in range(0, batch, at_once))
        return
    bands = -(-rows // max(1, tiles // columns))
    high = -(-rows // bands)
    for image in range(batch):
        for top in range(0, rows, high):
            yield slice(image, image + 1), slice(top, min(top + high, rows))


def _padded(picture: torch.Tensor, band: slice, columns: int, step: int) -> torch.Tensor:
    """Returns those rows of (images, height, width, channels) that a band is made of, with zeros around."""
    images, height, width, channels = picture.shape
    top, bottom = band.start * step - 1, band.stop * step + 1
    padded = picture.new_empty(images, bottom - top, columns * step + 2, channels)
    first, last = max(top, 0) - top, min(bottom, height) - top
    padded[:, :first] = 0
    padded[:, last:] = 0
    padded[:, first:last, 0] = 0
    padded[:, first:last, width + 1 :] = 0
    padded[:, first:last, 1 : width + 1] = picture[:, first + top : last + top]
    return padded


class WinogradConv2d(ProcessorConv2d):
    """A convolution of 3x3 with many channels, which in float32 takes 4/9 of the products, or a quarter.

    With 320 to 1280 channels it takes 0.55 to 0.7 of the time of `ProcessorConv2d`, and is nearer to float64, as
    fewer products add up in a row: 5.5e-7 (RMS) with 320 channels, where the other one is 9.5e-7. A quarter of the
    products take 0.4 of the time with 512 channels and 0.8 with 128, and are twice as far from float64 as
    `ProcessorConv2d`: that is for an autoencoder, which is called once, where rounding adds up in each step.

    Which way a picture is made depends on its shape and on the layer alone, so that it is repeated to the bit.

    Attributes:
        is_called_often: keeps the sums of weights, while the weights stay in their file, if they were `deferred`.
            The layers of an autoencoder, which are called once for each picture, make them anew.
    """

    is_called_often: bool = True
    _minimal: MinimalConvolution | None = None

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Returns (batch, channels, height, width) in channels_last."""
        filtering = self._filtering(input) if input.dtype is torch.float32 else None
        if filtering is None:
            self._minimal = None
            return super().forward(input)
        minimal = self._minimal
        if minimal is None or not minimal.is_of(self):
            if not self.is_called_often:
                self._unpack()
            minimal = MinimalConvolution(filtering, self)
            self._minimal = minimal if self.is_called_often else None
        made = minimal(input, is_kept=self.is_called_often)
        if minimal.is_refused:
            self._unpack()
            cast("torch.nn.Conv2d", self).__class__ = torch.nn.Conv2d
        return made

    def _filtering(self, picture: torch.Tensor) -> Filtering | None:
        if self.is_called_often:
            return PAIR
        if picture.numel() // self.in_channels >= _MANY_PLACES:
            return QUAD
        return PAIR if picture.numel() * self.out_channels >= _MANY_PRODUCTS else None

    def _unpack(self) -> None:
        self._minimal = None
        super()._unpack()


def use_winograd(layer: ProcessorConv2d, is_called_often: bool) -> None:
    """Makes a layer one of these where it is worth that: not of few channels, nor if it took too much room."""
    channels = layer.in_channels * layer.out_channels
    is_large = channels >= (_CHANNELS_OFTEN if is_called_often else _CHANNELS_ONCE)
    if is_large and channels <= _TOO_MANY_CHANNELS and can_be_minimal(layer):
        layer.__class__ = WinogradConv2d
        cast("WinogradConv2d", layer).is_called_often = is_called_often


def can_be_minimal(layer: torch.nn.Conv2d) -> bool:
    """Returns True for a layer of 3x3 and enough channels whose pictures keep their size, on a known processor.

    OneDNN is fast in groups there; on Arm's, other kernels take its place, with which nothing was measured.
    """
    is_known = torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")
    if not is_known or min(layer.in_channels, layer.out_channels) < _CHANNELS:
        return False
    is_common = (layer.kernel_size, layer.stride, layer.padding) == ((3, 3), (1, 1), (1, 1))
    return is_common and (layer.dilation, layer.groups, layer.padding_mode) == ((1, 1), 1, "zeros")


def _versions(layer: ProcessorConv2d) -> tuple[int, int]:
    return version_of(layer.weight), version_of(layer.bias)


def _sums(filtering: Filtering, weight: torch.Tensor) -> torch.Tensor:
    """Returns what the products multiply, (products by channels out, channels in, 1, 1)."""
    line = torch.tensor(filtering.weights, dtype=torch.float32)
    square = torch.kron(line, line)
    return (square @ weight.permute(2, 3, 0, 1).reshape(9, -1)).view(-1, weight.shape[1], 1, 1)
