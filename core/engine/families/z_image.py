"""Z-Image, base and Turbo: a flow-matching transformer that reads the prompt with a language model.

One stream of image and text tokens (Tongyi-MAI 2025), Qwen3 as text encoder, FLUX's autoencoder. The arithmetic
is, call by call, that of diffusers' ZImagePipeline; the tests hold it to that bit for bit. Its guidance scale
there is one lower than ours: ``cond + g' (cond - uncond)``, off at 0.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.transformers.transformer_z_image import ZImageTransformer2DModel
from transformers import Qwen2Tokenizer, Qwen3Model

from core.engine.decoding.preview_budget import latent_rgb_of
from core.engine.devices.device import DevicePlan
from core.engine.networks.kl_autoencoder import KLAutoencoder
from core.engine.networks.prompt_cache import PromptCache
from core.engine.sampling.denoising import Predict
from core.engine.sampling.guidance import Prediction
from core.engine.weights.components import identity_of, load_parts, load_tokenizer, scheduler_config_of
from core.film.latent_rgb import LatentRgb
from core.models.catalogue import Model
from core.recipes.recipe import ModelIdentity
from core.request.request import GenerationRequest, Size

MAX_TOKENS = 512
TRAIN_TIMESTEPS = 1000


class ZImage:
    """The loaded parts of one checkpoint. See `core.engine.families.Family` for the methods."""

    def __init__(
        self,
        identity: ModelIdentity,
        tokenizer: Any,
        text_encoder: Any,
        transformer: Any,
        vae: Any,
        scheduler_config: dict[str, Any],
        latent_rgb: LatentRgb | None = None,
    ) -> None:
        self.identity = identity
        self.scheduler_config = scheduler_config
        self._tokenizer = tokenizer
        self._text_encoder = text_encoder
        self._transformer = transformer
        self._vae = KLAutoencoder(vae)
        self._prompts = PromptCache(self._encode_text)
        self.latent_rgb = latent_rgb or latent_rgb_of(vae)

    def latent_shape(self, size: Size) -> tuple[int, int, int]:
        return self._vae.latent_shape(size)

    def knows_prompt(self, request: GenerationRequest) -> bool:
        return all(self._prompts.knows(text) for text in _texts(request))

    def read_prompt(self, request: GenerationRequest, batch: int) -> Predict:
        embeddings = [self._prompts.recall(text) for text in _texts(request) for _ in range(batch)]
        has_uncond = request.has_guidance

        def predict(x: torch.Tensor, t: torch.Tensor) -> Prediction:
            x = x.to(self._transformer.dtype)
            time = (TRAIN_TIMESTEPS - t.expand(batch)) / TRAIN_TIMESTEPS  # 0 is noise, 1 the picture
            if has_uncond:
                x, time = x.repeat(2, 1, 1, 1), time.repeat(2)
            pictures = list(x.unsqueeze(2).unbind(dim=0))  # (channels, 1 frame, height, width) each
            outputs = self._transformer(pictures, time, embeddings, return_dict=False)[0]
            velocity = -torch.stack(list(outputs)).squeeze(2)  # the network points from noise to picture
            if not has_uncond:
                return Prediction(velocity, None)
            cond, uncond = velocity.chunk(2)
            return Prediction(cond, uncond, anchor="cond")

        return predict

    def encode(self, pixels: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
        return self._vae.encode(pixels, generator)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        return self._vae.decode(latents)

    def autoencoder(self) -> Any:
        return self._vae.module

    def set_autoencoder(self, vae: Any, latent_rgb: LatentRgb) -> None:
        self._vae = KLAutoencoder(vae)
        self.latent_rgb = latent_rgb

    def network(self) -> Any:
        return self._transformer

    def parts(self) -> dict[str, Any]:
        return {"text_encoder": self._text_encoder, "transformer": self._transformer, "vae": self._vae.module}

    def forget_prompts(self) -> None:
        self._prompts.clear()

    def _encode_text(self, text: str) -> torch.Tensor:
        """Hidden states (tokens, width) of the layer before the last, without padding."""
        messages = [{"role": "user", "content": text}]
        prompt = self._tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, enable_thinking=True
        )
        tokens = self._tokenizer(
            [prompt], padding="max_length", max_length=MAX_TOKENS, truncation=True, return_tensors="pt"
        )
        device = self._text_encoder.device
        mask = tokens.attention_mask.to(device).bool()
        output = self._text_encoder(
            input_ids=tokens.input_ids.to(device), attention_mask=mask, output_hidden_states=True
        )
        return output.hidden_states[-2][0][mask[0]]


def _texts(request: GenerationRequest) -> tuple[str, ...]:
    """With the prompt first, as the stock pipeline has them."""
    return (request.prompt, request.negative_prompt) if request.has_guidance else (request.prompt,)


def load(model: Model, plan: DevicePlan) -> ZImage:
    """Loads a diffusers folder, or a single file beside one, onto the planned device. Raises ModelBroken."""
    kinds = {"text_encoder": Qwen3Model, "transformer": ZImageTransformer2DModel, "vae": AutoencoderKL}
    return ZImage(
        identity_of(model, "transformer"),
        load_tokenizer(Qwen2Tokenizer, model.folder / "tokenizer"),
        **load_parts(model, kinds, plan),
        scheduler_config=scheduler_config_of(model),
        latent_rgb=LatentRgb.read(model.folder),
    )
