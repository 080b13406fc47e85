"""FLUX.2 klein, distilled and base: a flow-matching transformer that reads the prompt with a language model.

Two streams of image and text tokens that become one (Black Forest Labs 2025), three layers of Qwen3 as the text.
The arithmetic is, call by call, that of diffusers' Flux2KleinPipeline; the tests hold it to that bit for bit.
"""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_flux2 import AutoencoderKLFlux2
from diffusers.models.transformers.transformer_flux2 import Flux2Transformer2DModel
from transformers import Qwen2Tokenizer, Qwen3Model

from core.engine.families.loaded import LoadedParts
from core.engine.networks.autoencoders import autoencoder_of
from core.engine.sampling.denoising import Predict, Timestep
from core.engine.sampling.guidance import Prediction
from core.engine.sampling.size_shift import tokens_of
from core.engine.weights.components import load_tokenizer
from core.families.flux2_klein import SPEC
from core.models.catalogue import Model
from core.request.request import GenerationRequest

KINDS = MappingProxyType(
    {"text_encoder": Qwen3Model, "transformer": Flux2Transformer2DModel, "vae": AutoencoderKLFlux2}
)
TRAIN_TIMESTEPS = 1000
LAYERS = (9, 18, 27)
"""Of the text encoder, of which the states are read."""


REFERENCE_TIME = 10
"""Between the picture, its first reference, and the next one, on the axis of time of the places."""


class Flux2Klein:
    """See `core.engine.families.loaded.Arithmetic` for the methods."""

    def __init__(
        self, tokenizer: Any, text_encoder: Any, transformer: Any, factor: int, has_guidance: bool
    ) -> None:
        """``factor``: pixels along a side for each place. ``has_guidance``: it was not distilled to need none."""
        self._tokenizer = tokenizer
        self._text_encoder = text_encoder
        self._transformer = transformer
        self._factor = factor
        self._has_guidance = has_guidance

    def texts(self, request: GenerationRequest) -> tuple[str, ...]:
        has_both = self._has_guidance and request.has_guidance
        return (request.prompt, request.negative_prompt) if has_both else (request.prompt,)

    def encode_prompt(self, text: str) -> torch.Tensor:
        """Returns hidden states (1, tokens, 3 * width) of `LAYERS`, padding included."""
        messages = [{"role": "user", "content": text}]
        prompt = self._tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
        )
        most, device = SPEC.tokenizer.max_tokens, self._text_encoder.device
        tokens = self._tokenizer(
            prompt, padding="max_length", max_length=most, truncation=True, return_tensors="pt"
        )
        output = self._text_encoder(
            input_ids=tokens.input_ids.to(device),
            attention_mask=tokens.attention_mask.to(device),
            output_hidden_states=True,
            use_cache=False,
        )
        states = torch.stack([output.hidden_states[layer] for layer in LAYERS], dim=2)  # (1, tokens, 3, width)
        return states.flatten(2).to(self._transformer.dtype)

    def predict(
        self,
        request: GenerationRequest,
        batch: int,
        encoded: Sequence[torch.Tensor],
        references: Sequence[torch.Tensor] = (),
    ) -> Predict:
        """Has the network see the ``references`` behind the picture, each at a time of its own."""
        texts = [text.repeat(batch, 1, 1) for text in encoded]
        dtype = self._transformer.dtype
        seen = [one.flatten(2).transpose(1, 2).expand(batch, -1, -1) for one in references]
        times = [REFERENCE_TIME * (1 + number) for number in range(len(references))]

        def predict(x: torch.Tensor, t: Timestep) -> Prediction:
            tokens = torch.cat([x.flatten(2).transpose(1, 2), *seen], dim=1).to(dtype)  # (batch, places, channels)
            ids = [positions((1, one.shape[2], one.shape[3], 1), x.device) for one in (x, *references)]
            for one, own_time in zip(ids[1:], times, strict=True):
                one[..., 0] = own_time
            image_ids, places = torch.cat(ids, dim=1), x[0, 0].numel()
            time = t.tensor.float().expand(batch) / TRAIN_TIMESTEPS

            def velocity(text: torch.Tensor) -> torch.Tensor:
                output = self._transformer(
                    hidden_states=tokens,
                    timestep=time,
                    guidance=None,
                    encoder_hidden_states=text,
                    txt_ids=positions((1, 1, 1, text.shape[1]), x.device),
                    img_ids=image_ids,
                    return_dict=False,
                )[0]
                return output[:, :places].transpose(1, 2).reshape(x.shape)

            return Prediction(velocity(texts[0]), velocity(texts[1]) if len(texts) > 1 else None)

        return predict

    def schedule_options(self, request: GenerationRequest, config: Mapping[str, Any]) -> Mapping[str, Any]:
        if not config.get("use_dynamic_shifting"):
            return {}
        return {"shift": math.exp(empirical_mu(tokens_of(request.size, self._factor), request.steps))}


def positions(counts: tuple[int, int, int, int], device: torch.device) -> torch.Tensor:
    """Returns the places of tokens, (1, tokens, 4): picture, row, column and position in the text.

    See `core.engine.networks.joined_places.positions_of` for the place where they are made.
    """
    return torch.cartesian_prod(*(torch.arange(count, device=device) for count in counts))[None]


def empirical_mu(tokens: int, steps: int) -> float:
    """Returns the logarithm of the shift of the schedule, as the makers fitted it to tokens and steps.

    It is ``compute_empirical_mu`` of FLUX.2's ``sampling.py`` and of diffusers.
    """
    of_many_steps = 0.00016927 * tokens + 0.45666666  # of 200
    if tokens > 4300:
        return of_many_steps
    of_few_steps = 8.73809524e-05 * tokens + 1.89833333  # of 10
    slope = (of_many_steps - of_few_steps) / 190.0
    return slope * steps + (of_many_steps - 200.0 * slope)


def load(model: Model, parts: LoadedParts) -> Flux2Klein:
    """Adds the tokenizer. Raises ModelBroken."""
    tokenizer = load_tokenizer(Qwen2Tokenizer, model.folder / "tokenizer")
    factor, has_guidance = autoencoder_of(parts.vae).factor, model.capabilities.has_negative_prompt
    return Flux2Klein(tokenizer, parts.text_encoders["text_encoder"], parts.network, factor, has_guidance)
