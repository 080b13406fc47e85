"""Text encoders on Apple's GPUs are told by masks which words a word may look at, and read the same."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import CLIPTextConfig, CLIPTextModel

from core.engine.networks.explicit_masks import use_explicit_masks
from tests.apple import MPS, apple_gpu

WORDS = torch.tensor([[1, 5, 7, 3, 9, 2]])


def encoder() -> Any:
    torch.manual_seed(3)
    config = CLIPTextConfig(vocab_size=16, hidden_size=32, num_attention_heads=4, num_hidden_layers=2)
    return CLIPTextModel(config).eval().requires_grad_(requires_grad=False)


@torch.inference_mode()
def test_an_encoder_reads_the_same_there() -> None:
    expected = encoder()(WORDS).last_hidden_state
    plain, told = encoder(), encoder()
    use_explicit_masks(told, MPS)
    torch.testing.assert_close(told(WORDS).last_hidden_state, expected)
    with apple_gpu():
        with pytest.raises(RuntimeError, match="behind them"):
            plain.to(MPS)(WORDS.to(MPS))
        torch.testing.assert_close(told.to(MPS)(WORDS.to(MPS)).last_hidden_state.cpu(), expected)


@pytest.mark.parametrize("device", ["cpu", "cuda", "xpu"])
def test_other_devices_keep_their_own_way(device: str) -> None:
    part = encoder()
    use_explicit_masks(part, torch.device(device))
    assert part.config._attn_implementation == "sdpa"


def test_other_networks_stay_as_they_are() -> None:
    network = torch.nn.Linear(1, 1)
    use_explicit_masks(network, MPS)
    assert not hasattr(network, "config")
