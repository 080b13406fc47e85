"""ControlNets and T2I-Adapters beside a U-Net: what they add to its layers in one call.

The arithmetic is that of diffusers' StableDiffusionControlNetPipeline and StableDiffusionAdapterPipeline, of those
for XL and for unions, and of MultiControlNetModel and MultiAdapter; the tests hold it to them bit for bit. Several
maps of one union are joined in one call. A map that does not act then is not told to the network; diffusers gives
it the weight 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import pad

from core.control.file import UNION
from core.control.types import UNION_NUMBERS
from core.pictures.pixels import Pixels
from core.request.control import Control


@dataclass(frozen=True, slots=True, eq=False)
class Guide:
    """A control as it acts in a run.

    Attributes:
        network: returns the ControlNet or the adapter where it is now.
        is_adapter: it looks at its picture once, not in each call.
        picture: the map, uint8 (height, width, 3).
        latents: of the map, for networks that look at these: (1, channels, height, width).
    """

    control: Control
    network: Callable[[], Any]
    is_adapter: bool
    picture: Pixels
    latents: torch.Tensor | None = None


class Residuals:
    """The sums that guides add to a U-Net, whose call has these texts built in."""

    def __init__(
        self,
        guides: Sequence[Guide],
        embeddings: torch.Tensor,
        added: dict[str, torch.Tensor] | None,
        unguided: int,
        dtype: torch.dtype,
    ) -> None:
        """Takes the arguments of `core.engine.networks.unet_call.unet_call`; runs the adapters.

        ``unguided`` is the number of passes with the negative prompt, which come first in the batch: networks that
        average over the picture do not act on them (``guess_mode`` of the stock pipelines).
        """
        self._embeddings, self._added, self._unguided = embeddings, added, unguided
        device = embeddings.device
        self._nets: list[list[tuple[Guide, torch.Tensor]]] = []
        for guide in guides:
            if not guide.is_adapter:
                seen = guide, as_tensor(guide.picture, 3).contiguous().to(device, dtype)
                self._nets_with(guide).append(seen)
        self._features: list[torch.Tensor] | None = None
        for guide in guides:
            if guide.is_adapter:
                self._add(_features(guide, device, dtype))

    def _nets_with(self, guide: Guide) -> list[tuple[Guide, torch.Tensor]]:
        """Returns the guides that one call is made for: several of a union, which joins their maps, else one."""
        network = guide.network()
        for together in self._nets:
            if _is_union(network) and together[0][0].network() is network:
                return together
        self._nets.append([])
        return self._nets[-1]

    def _add(self, features: list[torch.Tensor]) -> None:
        before = self._features
        many = [torch.cat([one] * len(self._embeddings)) for one in features]
        self._features = many if before is None else [a + b for a, b in zip(before, many, strict=True)]

    def of(self, x: torch.Tensor, t: torch.Tensor) -> dict[str, Any]:
        """Returns arguments for the U-Net's call with latents (batch * passes, channels, height, width)."""
        arguments: dict[str, Any] = {}
        down, mid = [], None
        for together in self._nets:
            more, last = self._called(together, x, t)
            down = more if mid is None else [a + b for a, b in zip(down, more, strict=True)]
            mid = last if mid is None else mid + last
        if mid is not None:
            arguments = {"down_block_additional_residuals": down, "mid_block_additional_residual": mid}
        if self._features is not None:
            arguments["down_intrablock_additional_residuals"] = [one.clone() for one in self._features]
        return arguments

    def _called(
        self, together: Sequence[tuple[Guide, torch.Tensor]], x: torch.Tensor, t: torch.Tensor
    ) -> tuple[list[torch.Tensor], torch.Tensor]:
        network = together[0][0].network()
        skipped = self._unguided if network.config.global_pool_conditions else 0
        added = self._added and {name: value[skipped:] for name, value in self._added.items()}
        x = x[skipped:, : network.config.in_channels]
        seen = [torch.cat([picture] * len(x)) for _, picture in together]
        weights = [guide.control.weight for guide, _ in together]
        told: dict[str, Any] = {"controlnet_cond": seen[0], "conditioning_scale": weights[0]}
        if _is_union(network):
            types = [UNION_NUMBERS[UNION][guide.control.type] for guide, _ in together]
            row = x.new_zeros(network.config.num_control_type)
            for number in types:
                row[number] = 1  # as a number: an index of several would be copied to the device in each call
            told = {
                "controlnet_cond": seen,
                "conditioning_scale": weights,
                "control_type": row.repeat(len(x), 1),
                "control_type_idx": types,
            }
        down, mid = network(
            x,
            t,
            encoder_hidden_states=self._embeddings[skipped:],
            added_cond_kwargs=added,
            return_dict=False,
            **told,
        )
        if not skipped:
            return list(down), mid
        down, mid = [_behind_zeros(one, skipped) for one in down], _behind_zeros(mid, skipped)
        return down, mid


def _is_union(network: Any) -> bool:
    return "num_control_type" in network.config


def _behind_zeros(values: torch.Tensor, count: int) -> torch.Tensor:
    return torch.cat([torch.zeros_like(values[:1]).repeat(count, 1, 1, 1), values])


def _features(guide: Guide, device: torch.device, dtype: torch.dtype) -> list[torch.Tensor]:
    network = guide.network()
    picture = as_tensor(guide.picture, network.config.in_channels)
    side = network.downscale_factor
    height, width = picture.shape[2:]
    if height % side or width % side:
        picture = pad(picture, (0, -width % side, 0, -height % side), mode="replicate")
    return [one * guide.control.weight for one in network(picture.to(device, dtype))]


def as_tensor(picture: Pixels, channels: int) -> torch.Tensor:
    """Returns float32 (1, channels, height, width), 0 to 1; with one channel in grey.

    The colours of a pixel lie side by side, as the pipelines have them: adapters add up in another order then.
    """
    if channels == 1:
        picture = np.asarray(Image.fromarray(picture).convert("L"))[..., None]
    return torch.from_numpy(picture[None].astype(np.float32) / 255.0).permute(0, 3, 1, 2)
