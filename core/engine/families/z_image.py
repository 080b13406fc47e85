"""Z-Image, base and Turbo: a flow-matching transformer that reads the prompt with a language model.

One stream of image and text tokens (Tongyi-MAI 2025), Qwen3 as text encoder, FLUX's autoencoder. The arithmetic
is, call by call, that of diffusers' ZImagePipeline; the tests hold it to that bit for bit. Its guidance scale
there is one lower than ours: ``cond + g' (cond - uncond)``, off at 0.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.transformers.transformer_z_image import ZImageTransformer2DModel
from transformers import Qwen2Tokenizer, Qwen3Model

from core.engine.families.loaded import LoadedParts
from core.engine.networks.autoencoders import autoencoder_of
from core.engine.networks.block_guides import ZImageResiduals
from core.engine.networks.guides import Guide
from core.engine.sampling.denoising import Predict, Timestep
from core.engine.sampling.guidance import Prediction
from core.engine.sampling.size_shift import shift_by_tokens, tokens_of
from core.engine.weights.components import load_tokenizer
from core.families.z_image import SPEC
from core.models.catalogue import Model
from core.request.request import GenerationRequest

KINDS = MappingProxyType(
    {"text_encoder": Qwen3Model, "transformer": ZImageTransformer2DModel, "vae": AutoencoderKL}
)
TRAIN_TIMESTEPS = 1000


class ZImage:
    """See `core.engine.families.loaded.Arithmetic` for the methods."""

    def __init__(self, tokenizer: Any, text_encoder: Any, transformer: Any, factor: int) -> None:
        """``factor``: pixels along a side for each place of a latent."""
        self._tokenizer = tokenizer
        self._text_encoder = text_encoder
        self._transformer = transformer
        self._factor = factor

    def texts(self, request: GenerationRequest) -> tuple[str, ...]:
        """Returns the prompt first, as the stock pipeline has it."""
        return (request.prompt, request.negative_prompt) if request.has_guidance else (request.prompt,)

    def encode_prompt(self, text: str) -> torch.Tensor:
        """Returns hidden states (tokens, width) of the layer before the last, without padding."""
        messages = [{"role": "user", "content": text}]
        prompt = self._tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, enable_thinking=True
        )
        most = SPEC.tokenizer.max_tokens
        tokens = self._tokenizer(
            [prompt], padding="max_length", max_length=most, truncation=True, return_tensors="pt"
        )
        device = self._text_encoder.device
        mask = tokens.attention_mask.to(device).bool()
        output = self._text_encoder(
            input_ids=tokens.input_ids.to(device), attention_mask=mask, output_hidden_states=True
        )
        return output.hidden_states[-2][0][mask[0]]

    def predict(
        self,
        request: GenerationRequest,
        batch: int,
        encoded: Sequence[torch.Tensor],
        guides: Sequence[Guide] = (),
    ) -> Predict:
        embeddings = [text for text in encoded for _ in range(batch)]
        has_uncond, dtype = request.has_guidance, self._transformer.dtype
        residuals = ZImageResiduals(guides, embeddings, dtype) if guides else None

        def predict(x: torch.Tensor, t: Timestep) -> Prediction:
            x = x.to(dtype)
            time = (TRAIN_TIMESTEPS - t.tensor.expand(batch)) / TRAIN_TIMESTEPS  # 0 is noise, 1 the picture
            if has_uncond:
                x, time = x.repeat(2, 1, 1, 1), time.repeat(2)
            pictures = list(x.unsqueeze(2).unbind(dim=0))  # (channels, 1 frame, height, width) each
            added = residuals.of(pictures, time) if residuals is not None else {}
            outputs = self._transformer(pictures, time, embeddings, **added, return_dict=False)[0]
            velocity = -torch.stack(list(outputs)).squeeze(2)  # the network points from noise to picture
            if not has_uncond:
                return Prediction(velocity, None)
            cond, uncond = velocity.chunk(2)
            return Prediction(cond, uncond, anchor="cond")

        return predict

    def schedule_options(self, request: GenerationRequest, config: Mapping[str, Any]) -> Mapping[str, Any]:
        return shift_by_tokens(tokens_of(request.size, self._factor * SPEC.latents.patch), config)


def load(model: Model, parts: LoadedParts) -> ZImage:
    """Adds the tokenizer. Raises ModelBroken."""
    tokenizer = load_tokenizer(Qwen2Tokenizer, model.folder / "tokenizer")
    factor = autoencoder_of(parts.vae).factor
    return ZImage(tokenizer, parts.text_encoders["text_encoder"], parts.network, factor)
