"""The heavy half of the made-up family: a real network, if a tiny one, and all that a twin has to have."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.modeling_utils import ModelMixin
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from transformers import CLIPTextModel, CLIPTokenizer

from core.engine.families.loaded import LoadedParts
from core.engine.sampling.denoising import Predict, Timestep
from core.engine.sampling.guidance import Prediction
from core.engine.weights.components import load_tokenizer
from core.models.catalogue import Model
from core.request.request import GenerationRequest
from tests import tiny


class MadeUpNetwork(ModelMixin, ConfigMixin):
    """Mixes neighbours, the text and the time into a velocity."""

    @register_to_config
    def __init__(self, channels: int = 8, width: int = 16, text_width: int = tiny.WIDTH) -> None:
        super().__init__()
        self.first = torch.nn.Conv2d(channels, width, 3, padding=1)
        self.text = torch.nn.Linear(text_width, width)
        self.last = torch.nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, x: torch.Tensor, t: torch.Tensor, text: torch.Tensor) -> torch.Tensor:
        told = self.text(text.mean(dim=1)) * (1 + t / 1000)  # (batch, width)
        return self.last(torch.nn.functional.silu(self.first(x) + told[:, :, None, None]))


KINDS: Mapping[str, Any] = MappingProxyType(
    {"text_encoder": CLIPTextModel, "transformer": MadeUpNetwork, "vae": AutoencoderKL}
)


class MadeUp:
    """See `core.engine.families.loaded.Arithmetic` for the methods."""

    def __init__(self, tokenizer: Any, text_encoder: Any, network: Any) -> None:
        self._tokenizer = tokenizer
        self._text_encoder = text_encoder
        self._network = network

    def texts(self, request: GenerationRequest) -> tuple[str, ...]:
        return (request.prompt,)

    def encode_prompt(self, text: str) -> torch.Tensor:
        tokens = self._tokenizer(text, truncation=True, max_length=tiny.MAX_TOKENS, return_tensors="pt")
        return self._text_encoder(tokens.input_ids.to(self._text_encoder.device))[0].to(self._network.dtype)

    def predict(self, request: GenerationRequest, batch: int, encoded: Sequence[torch.Tensor]) -> Predict:
        text, dtype = encoded[0].repeat(batch, 1, 1), self._network.dtype

        def predict(x: torch.Tensor, t: Timestep) -> Prediction:
            return Prediction(self._network(x.to(dtype), t.tensor, text), None)

        return predict

    def schedule_options(self, request: GenerationRequest, config: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"shift": math.exp(request.size.width * request.size.height / 2**16)}


def load(model: Model, parts: LoadedParts) -> MadeUp:
    tokenizer = load_tokenizer(CLIPTokenizer, model.folder / "tokenizer")
    return MadeUp(tokenizer, parts.text_encoders["text_encoder"], parts.network)


def make(folder: Path, seed: int = 0) -> Path:
    """Saves a whole checkpoint with random weights and returns the folder."""
    torch.manual_seed(seed)
    words = tiny.tokenizer(folder / "tokenizer")
    words.save_pretrained(folder / "tokenizer")
    tiny.text_encoder(len(words)).save_pretrained(folder / "text_encoder")
    MadeUpNetwork().save_pretrained(folder / "transformer")
    tiny.autoencoder(latent_channels=8, scaling_factor=0.7).save_pretrained(folder / "vae")
    FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True).save_pretrained(folder / "scheduler")
    tiny.write_index(folder, "MadeUpPipeline")
    return folder
