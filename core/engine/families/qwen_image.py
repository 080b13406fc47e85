"""Qwen-Image: a flow-matching transformer of two streams that reads with a language model which can also see.

The arithmetic is, call by call, that of diffusers' QwenImagePipeline (Alibaba 2025); the tests hold it to that bit
for bit. Its guidance keeps each place of the picture as strong as it is without.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_qwenimage import AutoencoderKLQwenImage
from diffusers.models.transformers.transformer_qwenimage import QwenImageTransformer2DModel
from transformers import Qwen2_5_VLModel, Qwen2Tokenizer

from core.engine.families.loaded import LoadedParts
from core.engine.networks.autoencoders import autoencoder_of
from core.engine.networks.joined_places import PATCH, latents_of, tokens_in
from core.engine.sampling.denoising import Predict
from core.engine.sampling.guidance import Prediction
from core.engine.sampling.size_shift import shift_by_tokens, tokens_of
from core.engine.weights.components import load_tokenizer
from core.families.qwen_image import AFTER, BEFORE, DROPPED, SPEC
from core.models.model import Model
from core.request.request import GenerationRequest

KINDS = MappingProxyType(
    {
        "text_encoder": Qwen2_5_VLModel,
        "transformer": QwenImageTransformer2DModel,
        "vae": AutoencoderKLQwenImage,
    }
)
TRAIN_TIMESTEPS = 1000


class QwenImage:
    """See `core.engine.families.loaded.Arithmetic` for the methods."""

    def __init__(self, tokenizer: Any, text_encoder: Any, transformer: Any, factor: int) -> None:
        """``factor``: pixels along a side for each place of a latent."""
        self._tokenizer = tokenizer
        self._text_encoder = text_encoder
        self._transformer = transformer
        self._factor = factor

    def texts(self, request: GenerationRequest) -> tuple[str, ...]:
        return (request.prompt, request.negative_prompt) if request.has_guidance else (request.prompt,)

    def encode_prompt(self, text: str) -> torch.Tensor:
        """Returns hidden states (1, tokens, width) of the last layer, without those before the prompt."""
        device = self._text_encoder.device
        tokens = self._tokenizer(
            f"{BEFORE}{text}{AFTER}", max_length=SPEC.tokenizer.max_tokens, truncation=True, return_tensors="pt"
        )
        output = self._text_encoder(
            input_ids=tokens.input_ids.to(device),
            attention_mask=tokens.attention_mask.to(device),
            output_hidden_states=True,
        )
        return output.hidden_states[-1][:, DROPPED:].to(self._transformer.dtype)

    def predict(self, request: GenerationRequest, batch: int, encoded: Sequence[torch.Tensor]) -> Predict:
        texts = [text.repeat(batch, 1, 1) for text in encoded]
        dtype = self._transformer.dtype

        def predict(x: torch.Tensor, t: torch.Tensor) -> Prediction:
            tokens, time = tokens_in(x).to(dtype), t.float().expand(batch) / TRAIN_TIMESTEPS
            shape = (1, x.shape[2] // PATCH, x.shape[3] // PATCH)

            def velocity(text: torch.Tensor) -> torch.Tensor:
                output = self._transformer(
                    hidden_states=tokens,
                    timestep=time,
                    encoder_hidden_states=text,
                    encoder_hidden_states_mask=None,
                    img_shapes=[[shape]] * batch,
                    guidance=None,
                    return_dict=False,
                )[0]
                return latents_of(output, x.shape)

            uncond = velocity(texts[1]) if len(texts) > 1 else None
            return Prediction(velocity(texts[0]), uncond, kept_norm=PATCH)

        return predict

    def schedule_options(self, request: GenerationRequest, config: Mapping[str, Any]) -> Mapping[str, Any]:
        return shift_by_tokens(tokens_of(request.size, self._factor * PATCH), config)


def load(model: Model, parts: LoadedParts) -> QwenImage:
    """Adds the tokenizer. Raises ModelBroken."""
    tokenizer = load_tokenizer(Qwen2Tokenizer, model.folder / "tokenizer")
    factor = autoencoder_of(parts.vae).factor
    return QwenImage(tokenizer, parts.text_encoders["text_encoder"], parts.network, factor)
