"""ControlNets beside a transformer: what they add behind its blocks in one call.

Each is called as the transformer is, with its picture besides, and gives values for some of the blocks. The
arithmetic is that of diffusers' FluxControlNetPipeline, QwenImageControlNetPipeline and ZImageControlNetPipeline,
with several networks or one; the tests hold it to them bit for bit, with one difference: the autoencoder's mean
stands for the map, where the first two draw around it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

import torch
from diffusers.models.controlnets.controlnet_flux import FluxControlNetModel
from diffusers.models.controlnets.controlnet_qwenimage import QwenImageControlNetModel
from diffusers.models.controlnets.controlnet_z_image import ZImageControlNetModel
from torch.nn.functional import pad

from core.control.file import FLUX_1
from core.control.types import UNION_NUMBERS
from core.engine.networks.guides import Guide
from core.engine.networks.joined_places import PATCH, tokens_in
from core.engine.sampling.tensors import to_model_range

_HALVINGS = 8
"""Times smaller XLabs' ControlNets make a picture by themselves."""

_NAMES = ("controlnet_block_samples", "controlnet_single_block_samples")


def sees_latents(network: Any) -> bool:
    """Returns True for a network that looks at its picture as the autoencoder encodes it."""
    if isinstance(network, FluxControlNetModel):
        return network.input_hint_block is None
    return isinstance(network, QwenImageControlNetModel | ZImageControlNetModel)


def share_layers(network: Any, transformer: Any) -> None:
    """Gives a ControlNet for Z-Image the layers of the transformer that it goes through as well.

    They are one and the same, and move with either.
    """
    if isinstance(network, ZImageControlNetModel):
        ZImageControlNetModel.from_transformer(network, transformer)


class FluxResiduals:
    """The sums that guides add behind the blocks of FLUX.1, of two streams and of one."""

    def __init__(self, guides: Sequence[Guide], transformer: Any, text: torch.Tensor) -> None:
        """Takes the encoded prompt (batch, tokens, width), which is where the transformer computes."""
        self._blocks = transformer.config.num_layers, transformer.config.num_single_layers
        self._batch = len(text)
        self._nets = [(guide, _shown(guide).to(text.device, text.dtype)) for guide in guides]

    def of(self, call: Mapping[str, Any], scale: float) -> dict[str, Any]:
        """Returns further arguments for the transformer's call, given those that it shares with its ControlNets.

        ``scale`` is the guidance scale, for those ControlNets that have it as an input.
        """
        given: tuple[list[_Samples], list[_Samples]] = ([], [])
        for guide, seen in self._nets:
            network, batch = guide.network(), self._batch
            number = UNION_NUMBERS[FLUX_1].get(guide.control.type, 0)
            is_guided = network.config.guidance_embeds
            made = network(
                **call,
                controlnet_cond=seen.expand(batch, *seen.shape[1:]),
                controlnet_mode=torch.full((batch, 1), number, device=seen.device) if network.union else None,
                conditioning_scale=guide.control.weight,
                guidance=torch.full([batch], scale, device=seen.device) if is_guided else None,
                return_dict=False,
            )
            ways = (network.input_hint_block is not None, False)
            for all_given, samples, repeats in zip(given, made, ways, strict=True):
                if samples is not None:
                    all_given.append((samples, repeats))
        arguments: dict[str, Any] = {}
        for name, samples, blocks in zip(_NAMES, given, self._blocks, strict=True):
            if samples:
                arguments[name], repeats = _summed(samples, blocks)
                if repeats:
                    arguments["controlnet_blocks_repeat"] = True
        return arguments


class QwenResiduals:
    """The sums that guides add behind the blocks of Qwen-Image, in the passes with either prompt."""

    def __init__(self, guides: Sequence[Guide], transformer: Any, text: torch.Tensor) -> None:
        """Takes the encoded prompt (batch, tokens, width), which all networks read, also for the negative one."""
        self._blocks, self._text = transformer.config.num_layers, text
        self._nets = [(guide, _shown(guide).to(text.device, text.dtype)) for guide in guides]

    def of(self, tokens: torch.Tensor, time: torch.Tensor, places: tuple[int, int], more: int) -> dict[str, Any]:
        """Returns further arguments for the transformer's calls.

        ``tokens`` are those of the picture that is made, of so many rows and columns; ``more`` follow them.
        """
        given: list[_Samples] = []
        for guide, seen in self._nets:
            made = guide.network()(
                hidden_states=tokens,
                controlnet_cond=seen.expand(len(tokens), *seen.shape[1:]),
                conditioning_scale=guide.control.weight,
                encoder_hidden_states=self._text,
                timestep=time,
                img_shapes=[[(1, *places)]] * len(tokens),
                return_dict=False,
            )
            given.append((made, False))
        samples, _ = _summed(given, self._blocks)
        return {"controlnet_block_samples": [pad(one, (0, 0, 0, more)) if more else one for one in samples]}


_Samples = tuple[list[torch.Tensor], bool]
"""Values for blocks, fewer than there are; they come again and again, else each for some blocks in a row."""


def _summed(given: Sequence[_Samples], blocks: int) -> _Samples:
    """Returns the sums for blocks. Networks that give as many, in one order, are added as they come."""
    if len({(len(samples), repeats) for samples, repeats in given}) == 1:
        return [reduce(add, one) for one in zip(*(samples for samples, _ in given), strict=True)], given[0][1]
    placed = ([_placed(samples, repeats, block, blocks) for block in range(blocks)] for samples, repeats in given)
    return [reduce(add, one) for one in zip(*placed, strict=True)], False


def _placed(samples: list[torch.Tensor], repeats: bool, block: int, blocks: int) -> torch.Tensor:
    """Returns the values for a block, as FluxTransformer2DModel chooses them."""
    return samples[block % len(samples) if repeats else block // math.ceil(blocks / len(samples))]


def _shown(guide: Guide) -> torch.Tensor:
    """Returns latents as tokens (1, places, channels), or a picture (1, 3, height, width), -1 to 1."""
    if guide.latents is not None:
        return tokens_in(guide.latents).contiguous()
    picture = to_model_range(guide.picture)
    height, width = picture.shape[2:]
    side = _HALVINGS * PATCH
    return pad(picture, (0, -width % side, 0, -height % side), mode="replicate")


class ZImageResiduals:
    """The sums that guides add behind some of the blocks of Z-Image."""

    def __init__(self, guides: Sequence[Guide], texts: Sequence[torch.Tensor], dtype: torch.dtype) -> None:
        """Takes the encoded texts (tokens, width), one for each picture of a call."""
        self._texts = texts
        self._nets = [(guide, _filled(guide).to(texts[0].device, dtype)) for guide in guides]

    def of(self, pictures: list[torch.Tensor], time: torch.Tensor) -> dict[str, Any]:
        """Returns further arguments for the transformer's call; pictures are (channels, 1, height, width)."""
        sums: dict[int, torch.Tensor] = {}
        for guide, seen in self._nets:
            shown = [*seen.expand(len(pictures), *seen.shape[1:])]
            weight = guide.control.weight
            made = guide.network()(pictures, time, self._texts, shown, conditioning_scale=weight)
            for block, values in made.items():
                sums[block] = sums[block] + values if block in sums else values
        return {"controlnet_block_samples": sums}


def _filled(guide: Guide) -> torch.Tensor:
    """Returns latents (1, channels, 1, height, width), with zeros for the mask and picture of inpainting."""
    assert guide.latents is not None
    more = guide.network().config.control_in_dim - guide.latents.shape[1]
    return pad(guide.latents, (0, 0, 0, 0, 0, more)).unsqueeze(2)
