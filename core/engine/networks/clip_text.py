"""Reads prompts with CLIP's text encoders (Radford et al. 2021), for the families that have such ones."""

from dataclasses import dataclass
from typing import Any

import torch

from core.request.request import GenerationRequest


@dataclass(frozen=True, slots=True)
class ClipText:
    """A text with all that changes what is read in it: the key under which that is remembered."""

    text: str
    clip_skip: int = 1


def clip_texts(request: GenerationRequest, has_negative: bool) -> tuple[ClipText, ...]:
    """Returns the texts of a run, the negative prompt first, which is read from the usual layer."""
    prompt = ClipText(request.prompt, request.clip_skip)
    return (ClipText(request.negative_prompt), prompt) if has_negative else (prompt,)


def read_clip(
    tokenizer: Any, encoder: Any, text: ClipText, *, layer: int, takes_mask: bool = False
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns hidden states (1, tokens, width) before the final norm, and the encoder's own output.

    Args:
        layer: the layer that the family's network was trained with, counted from 1 at the end.
        takes_mask: padding is left out.
    """
    tokens = tokenizer(
        text.text,
        padding="max_length",
        max_length=encoder.config.max_position_embeddings,
        truncation=True,
        return_tensors="pt",
    )
    mask = tokens.attention_mask.to(encoder.device) if takes_mask else None
    output = encoder(tokens.input_ids.to(encoder.device), attention_mask=mask, output_hidden_states=True)
    states = output.hidden_states  # of the embeddings, then of each layer
    return states[-min(max(layer, text.clip_skip), len(states))], output[0]


def read_normed_clip(tokenizer: Any, encoder: Any, text: ClipText, takes_mask: bool) -> torch.Tensor:
    """Returns the hidden states (1, tokens, width) of the last layer, behind the final norm."""
    hidden, output = read_clip(tokenizer, encoder, text, layer=1, takes_mask=takes_mask)
    return output if text.clip_skip == 1 else encoder.final_layer_norm(hidden)
