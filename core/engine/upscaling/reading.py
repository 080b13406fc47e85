"""Builds an upscaler's network from its file."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from core.engine.devices.memory_errors import is_out_of_memory
from core.engine.upscaling.compact import Compact
from core.engine.upscaling.esrgan import Esrgan
from core.engine.upscaling.span import Span, folded
from core.engine.weights.pickles import keep, read_pickle
from core.errors import UpscalerBroken
from core.language.words import tr
from core.upscalers.file import KNOWN, PICKLES, read_upscaler
from core.upscalers.kind import UpscalerKind, kind_of, plain_names

log = logging.getLogger(__name__)

LARGEST_GB = 2


def read_network(path: Path, sha256: str, converted: Path | None) -> tuple[nn.Module, UpscalerKind]:
    """Returns the network in float32, ready to be used. Raises UpscalerBroken.

    Args:
        sha256: of the file; a pickle is read once, and then its copy of this name in the folder ``converted``.
    """
    copy = converted / f"{sha256}.safetensors" if converted is not None and sha256 else None
    is_pickle = path.suffix.lower() in PICKLES
    if is_pickle and not (copy is not None and copy.is_file()):
        weights = read_pickle(path, LARGEST_GB, UpscalerBroken)
        network = _network(path, weights)
        if copy is not None:
            keep(weights, copy)
        return network
    file = copy if is_pickle and copy is not None else path
    read_upscaler(file)
    try:
        weights = load_file(file)
    except (OSError, SafetensorError) as error:
        raise UpscalerBroken(path, tr("it cannot be read to its end"), is_damaged=True) from error
    return _network(path, weights)


def _network(path: Path, weights: Mapping[str, Tensor]) -> tuple[nn.Module, UpscalerKind]:
    names = plain_names(weights)
    plain = {names[name]: tensor for name, tensor in weights.items()}
    kind = kind_of({name: tuple(tensor.shape) for name, tensor in plain.items()})
    if kind is None:
        raise UpscalerBroken(
            path, tr("it is not an upscaler of a kind that Emulsion knows ({known})", known=KNOWN)
        )
    with torch.device("meta"):
        network = _new(kind)
    try:
        if kind.architecture == "SPAN":
            plain = folded(plain)
        network.load_state_dict({name: tensor.float() for name, tensor in plain.items()}, assign=True)
    except (RuntimeError, KeyError) as error:  # of other shapes, or missing
        if is_out_of_memory(error):
            raise
        log.info("%s: %s", path, error)
        raise UpscalerBroken(
            path, tr("its weights do not fit a network of the kind {architecture}", architecture=kind.architecture)
        ) from error
    return network.eval().requires_grad_(requires_grad=False), kind


def _new(kind: UpscalerKind) -> nn.Module:
    match kind.architecture:
        case "ESRGAN":
            ups = (kind.scale * kind.folding).bit_length() - 1
            return Esrgan(kind.width, kind.depth, kind.growth, ups, kind.folding)
        case "Compact":
            return Compact(kind.width, kind.depth, kind.scale)
        case "SPAN":
            return Span(kind.width, kind.depth, kind.scale, is_centred=kind.is_centred)
