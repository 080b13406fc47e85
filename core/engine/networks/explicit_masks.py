"""Text encoders on Apple's GPUs: which words a word may look at is told by a mask."""

from typing import Any

import torch

NAME = "sdpa with explicit masks"
"""Of this way to compute attention, among those of transformers."""


def use_explicit_masks(part: Any, device: torch.device) -> None:
    """Has one of transformers' models give torch a mask where torch would make a causal one by itself.

    In 16 bits Metal's own causal mask lets words see up to three of those behind them, and nothing tells so, until
    torch 2.14 (pytorch issue 195910). Other networks, and those on other devices, stay as they are.
    """
    if device.type != "mps" or not hasattr(getattr(part, "config", None), "_attn_implementation"):
        return
    from transformers.integrations.sdpa_attention import sdpa_attention_forward
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, sdpa_mask
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    def explicit(*args: Any, **options: Any) -> Any:
        return sdpa_mask(*args, **options | {"allow_is_causal_skip": False})

    ALL_MASK_ATTENTION_FUNCTIONS.register(NAME, explicit)
    ALL_ATTENTION_FUNCTIONS.register(NAME, sdpa_attention_forward)
    part.config._attn_implementation = NAME
