"""Attention for devices without a fused kernel, which hold the scores of all places for all places at once.

That is so on Apple GPUs (torch's ``sdpa_general_mps`` in ``Attention.mm``) and on AMD's and Intel's without a
flash kernel in torch. A picture of 1024x1024 by Stable Diffusion 1.5 has 8.6 GB of scores. They are computed for
some rows at a time here, by torch's own operator: each row has a softmax of its own (Vaswani et al. 2017, eq. 1).

In float16 Apple's scores overflow, and pictures are black since macOS 14.5; they are computed in float32, as
ComfyUI's ``force_upcast_attention_dtype`` does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import torch
from diffusers.models.attention import AttentionModuleMixin
from diffusers.models.attention_processor import Attention
from torch.nn.functional import scaled_dot_product_attention
from torch.overrides import TorchFunctionMode

from core.engine.devices.probe import is_fused
from core.models.memory_plan import LARGEST_SCORES

BYTES_PER_SCORE = 4


def bound_attention(network: torch.nn.Module, device: torch.device) -> None:
    """Has a network compute its attention within `LARGEST_SCORES` on a device that does not fuse it."""
    for layer in network.modules():
        if isinstance(layer, Attention | AttentionModuleMixin):
            projection: Any = getattr(layer, "to_q", None) or layer.to_qkv_mlp_proj  # its weights may be packed
            width = getattr(layer, "head_dim", 0) or layer.inner_dim // layer.heads
            if not is_fused(device, projection.weight.dtype, width):
                layer.processor.__class__ = _bounded(type(layer.processor))


@cache
def _bounded(kind: Any) -> Any:
    """Returns a class of processors like ``kind``, whose attention is computed by rows."""
    original = kind.__call__

    @wraps(original)  # diffusers looks at the names of its arguments
    def call(self: Any, *args: Any, **options: Any) -> Any:
        with _ByRows():
            return original(self, *args, **options)

    return type(f"Bounded{kind.__name__}", (kind,), {"__call__": call})


class _ByRows(TorchFunctionMode):
    """Takes the place of torch's attention while it is entered."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        function = by_rows if func is scaled_dot_product_attention else func
        return function(*args, **(kwargs or {}))


def by_rows(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    **options: Any,
) -> torch.Tensor:
    """Returns (batch, heads, rows, width), of arguments like those of torch's ``scaled_dot_product_attention``."""
    dtype = query.dtype
    if dtype is torch.float16 and query.device.type == "mps":
        query, key, value = query.float(), key.float(), value.float()
    count, each = query.shape[2], query.shape[0] * query.shape[1] * key.shape[2] * BYTES_PER_SCORE
    rows = max(1, LARGEST_SCORES // each)
    if count <= rows:
        return scaled_dot_product_attention(query, key, value, attn_mask, **options).to(dtype)
    parts: list[torch.Tensor] = []
    for start in range(0, count, rows):
        mask = attn_mask
        if mask is not None and mask.shape[-2] == count:
            mask = mask[..., start : start + rows, :]
        one = scaled_dot_product_attention(query[:, :, start : start + rows], key, value, mask, **options)
        parts.append(one.to(dtype))
    return torch.cat(parts, dim=2)
