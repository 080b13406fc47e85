"""Gives text encoders on Apple's GPUs a mask of the words that each word may look at."""

from typing import Any

import torch

NAME = "sdpa with explicit masks"
"""The name under which transformers knows this attention."""


def attention_of_encoders(device: torch.device) -> str:
    """Returns the name of the attention by which text encoders compute on a device."""
    return NAME if device.type == "mps" else "sdpa"


def use_explicit_masks(part: Any, device: torch.device) -> None:
    """Has one of transformers' models give torch a mask where torch would make a causal one by itself.

    In 16 bits Metal's own causal mask lets words see up to three of those behind them, and nothing tells so, until
    torch 2.14 (pytorch issue 195910). Other networks, and those on other devices, stay as they are.
    """
    if attention_of_encoders(device) != NAME or not hasattr(getattr(part, "config", None), "_attn_implementation"):
        return
    from transformers.integrations.sdpa_attention import sdpa_attention_forward
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, sdpa_mask
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    def explicit(*args: Any, **options: Any) -> Any:
        return sdpa_mask(*args, **options | {"allow_is_causal_skip": False})

    ALL_MASK_ATTENTION_FUNCTIONS.register(NAME, explicit)
    ALL_ATTENTION_FUNCTIONS.register(NAME, sdpa_attention_forward)
    part.config._attn_implementation = NAME
