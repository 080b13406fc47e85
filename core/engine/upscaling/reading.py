"""Builds an upscaler's network from its file."""

from __future__ import annotations

import logging
import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from core.engine.upscaling.compact import Compact
from core.engine.upscaling.esrgan import Esrgan
from core.engine.upscaling.span import Span, folded
from core.errors import UpscalerBroken
from core.files.atomic import words_of
from core.language.words import tr
from core.upscalers.file import KNOWN, PICKLES, read_upscaler
from core.upscalers.kind import UpscalerKind, kind_of, plain_names

log = logging.getLogger(__name__)

LARGEST_PICKLE = 2 * 2**30
_ENVELOPES = ("params_ema", "params", "state_dict", "model")
"""Names under which training programs keep the weights, best first."""


def read_network(path: Path, sha256: str, converted: Path | None) -> tuple[nn.Module, UpscalerKind]:
    """Returns the network in float32, ready to be used. Raises UpscalerBroken.

    Args:
        sha256: of the file; a pickle is read once, and then its copy of this name in the folder ``converted``.
    """
    copy = converted / f"{sha256}.safetensors" if converted is not None and sha256 else None
    is_pickle = path.suffix.lower() in PICKLES
    if is_pickle and not (copy is not None and copy.is_file()):
        weights = read_pickle(path)
        network = _network(path, weights)
        if copy is not None:
            _keep(weights, copy)
        return network
    file = copy if is_pickle and copy is not None else path
    read_upscaler(file)
    try:
        weights = load_file(file)
    except (OSError, SafetensorError) as error:
        raise UpscalerBroken(path, tr("it cannot be read to its end"), is_damaged=True) from error
    return _network(path, weights)


def read_pickle(path: Path) -> dict[str, Tensor]:
    """Returns the weights in a pickle, without running anything that it contains. Raises UpscalerBroken."""
    try:
        if path.stat().st_size > LARGEST_PICKLE:
            raise UpscalerBroken(path, tr("it is larger than 2 GB, which no upscaler is"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of other ways of pickling; what fails is answered below
            content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise UpscalerBroken(path, words_of(error)) from error
    except pickle.UnpicklingError as error:
        raise UpscalerBroken(
            path, tr("it contains more than numbers, perhaps a program, and was not opened")
        ) from error
    except (RuntimeError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        log.info("%s: %s", path, error)
        raise UpscalerBroken(path, tr("it is damaged, or no file of PyTorch"), is_damaged=True) from error
    for name in _ENVELOPES:
        if isinstance(content, Mapping) and isinstance(content.get(name), Mapping):
            content = content[name]
            break
    found = content.items() if isinstance(content, Mapping) else ()
    return {name: one for name, one in found if isinstance(name, str) and isinstance(one, Tensor)}


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


def _keep(weights: Mapping[str, Tensor], copy: Path) -> None:
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        partial = copy.with_suffix(".partial")
        save_file({name: one.contiguous().clone() for name, one in weights.items()}, partial)
        partial.replace(copy)
    except OSError as error:
        log.warning("%s cannot be kept: %s", copy, error)
