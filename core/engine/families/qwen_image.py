"""Qwen-Image: a flow-matching transformer of two streams that reads with a language model which can also see.

The arithmetic is, call by call, that of diffusers' QwenImagePipeline, QwenImageEditPipeline and
QwenImageEditPlusPipeline (Alibaba 2025); the tests hold it to those bit for bit. Its guidance keeps each place of
the picture as strong as it is without. Those that edit see their pictures twice: as latents behind that of the
picture in progress, and through the language model, before the prompt. There the tokens of a picture have places
in two dimensions, of which diffusers does not tell transformers 5: https://github.com/huggingface/diffusers/issues/14194
"""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_qwenimage import AutoencoderKLQwenImage
from diffusers.models.transformers.transformer_qwenimage import QwenImageTransformer2DModel
from PIL import Image
from transformers import Qwen2_5_VLModel, Qwen2Tokenizer

from core.engine.families.loaded import LoadedParts
from core.engine.networks.autoencoders import autoencoder_of
from core.engine.networks.block_guides import QwenResiduals
from core.engine.networks.guides import Guide
from core.engine.networks.joined_places import PATCH, latents_of, tokens_in
from core.engine.sampling.denoising import Predict, Timestep
from core.engine.sampling.guidance import Prediction
from core.engine.sampling.size_shift import shift_by_tokens, tokens_of
from core.engine.weights.components import load_tokenizer
from core.families.qwen_image import AFTER, BEFORE, BEFORE_PICTURES, DROPPED, DROPPED_BEFORE_PICTURES, SPEC
from core.models.model import Model
from core.pictures.pixels import Pixels
from core.request.request import GenerationRequest

KINDS = MappingProxyType(
    {
        "text_encoder": Qwen2_5_VLModel,
        "transformer": QwenImageTransformer2DModel,
        "vae": AutoencoderKLQwenImage,
    }
)
TRAIN_TIMESTEPS = 1000
SEEN_PIXELS = (56 * 56, 28 * 28 * 16384)
"""The least and the most pixels of a picture that the language model sees, as its makers configure it."""

SEEN_OF_SEVERAL = 384 * 384
"""Pixels of each picture in the size in which models for several pictures see them."""

PICTURE = "<|image_pad|>"
"""The token that stands for a part of a picture."""


class QwenImage:
    """See `core.engine.families.loaded.Arithmetic` for the methods.

    Attributes:
        pictures: those beside a prompt, by the SHA-256 of their files.
    """

    def __init__(
        self, tokenizer: Any, text_encoder: Any, transformer: Any, factor: int, takes_several: bool
    ) -> None:
        """``factor``: pixels along a side for each place of a latent. ``takes_several``: pictures get a number."""
        self.pictures: dict[str, Pixels] = {}
        self._takes_several = takes_several
        self._tokenizer = tokenizer
        self._text_encoder = text_encoder
        self._transformer = transformer
        self._factor = factor

    def texts(self, request: GenerationRequest) -> tuple[tuple[str, ...], ...]:
        """Returns each text, and behind it the hashes of the pictures that it is about."""
        texts = (request.prompt, request.negative_prompt) if request.has_guidance else (request.prompt,)
        return tuple((text, *(reference.sha256 for reference in request.references)) for text in texts)

    def encode_prompt(self, text: tuple[str, ...]) -> torch.Tensor:
        """Returns hidden states (1, tokens, width) of the last layer, without those before the prompt."""
        words, *hashes = text
        if hashes:
            return self._encode_with_pictures(words, [self.pictures[sha256] for sha256 in hashes])
        device = self._text_encoder.device
        tokens = self._tokenizer(
            f"{BEFORE}{words}{AFTER}", max_length=SPEC.tokenizer.max_tokens, truncation=True, return_tensors="pt"
        )
        output = self._text_encoder(
            input_ids=tokens.input_ids.to(device),
            attention_mask=tokens.attention_mask.to(device),
            output_hidden_states=True,
        )
        return output.hidden_states[-1][:, DROPPED:].to(self._transformer.dtype)

    def _encode_with_pictures(self, text: str, pictures: Sequence[Pixels]) -> torch.Tensor:
        """Returns the hidden states (1, tokens, width) of pictures and text, without those before them."""
        from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

        shown = [Image.fromarray(picture) for picture in pictures]
        if self._takes_several:
            shown = [one.resize(_seen_size(*one.size), Image.Resampling.LANCZOS) for one in shown]
        least, most = SEEN_PIXELS
        processor: Any = Qwen2VLImageProcessorPil(size={"shortest_edge": least, "longest_edge": most})
        seen = processor(images=shown, return_tensors="pt")
        device, blocks = self._text_encoder.device, ""
        for number, grid in enumerate(seen["image_grid_thw"], 1):
            name = f"Picture {number}: " if self._takes_several else ""
            blocks += (
                f"{name}<|vision_start|>{PICTURE * (int(grid.prod()) // processor.merge_size**2)}<|vision_end|>"
            )
        words = text.replace(PICTURE, "")  # in a prompt it would stand for a picture that is not there
        tokens = self._tokenizer(f"{BEFORE_PICTURES}{blocks}{words}{AFTER}", return_tensors="pt").to(device)
        output = self._text_encoder(
            input_ids=tokens.input_ids,
            attention_mask=tokens.attention_mask,
            pixel_values=seen["pixel_values"].to(device),
            image_grid_thw=seen["image_grid_thw"].to(device),
            mm_token_type_ids=(tokens.input_ids == self._text_encoder.config.image_token_id).int(),
            output_hidden_states=True,
        )
        return output.hidden_states[-1][:, DROPPED_BEFORE_PICTURES:].to(self._transformer.dtype)

    def predict(
        self,
        request: GenerationRequest,
        batch: int,
        encoded: Sequence[torch.Tensor],
        references: Sequence[torch.Tensor] = (),
        guides: Sequence[Guide] = (),
    ) -> Predict:
        """Has the network see the ``references`` behind the picture."""
        texts = [text.repeat(batch, 1, 1) for text in encoded]
        dtype = self._transformer.dtype
        residuals = QwenResiduals(guides, self._transformer, texts[0]) if guides else None
        seen = [tokens_in(one).expand(batch, -1, -1) for one in references]

        def predict(x: torch.Tensor, t: Timestep) -> Prediction:
            own, time = tokens_in(x), t.tensor.float().expand(batch) / TRAIN_TIMESTEPS
            tokens = torch.cat([own, *seen], dim=1).to(dtype)
            shapes = [(1, one.shape[2] // PATCH, one.shape[3] // PATCH) for one in (x, *references)]
            count = own.shape[1]
            added = {}
            if residuals is not None:
                added = residuals.of(tokens[:, :count], time, shapes[0][1:], tokens.shape[1] - count)

            def velocity(text: torch.Tensor) -> torch.Tensor:
                output = self._transformer(
                    hidden_states=tokens,
                    timestep=time,
                    encoder_hidden_states=text,
                    encoder_hidden_states_mask=None,
                    img_shapes=[shapes] * batch,
                    guidance=None,
                    return_dict=False,
                    **added,
                )[0]
                return latents_of(output[:, :count], x.shape)

            uncond = velocity(texts[1]) if len(texts) > 1 else None
            return Prediction(velocity(texts[0]), uncond, kept_norm=PATCH)

        return predict

    def schedule_options(self, request: GenerationRequest, config: Mapping[str, Any]) -> Mapping[str, Any]:
        return shift_by_tokens(tokens_of(request.size, self._factor * PATCH), config)


def _seen_size(width: int, height: int) -> tuple[int, int]:
    """Returns the size of `SEEN_OF_SEVERAL`, in multiples of 32, as QwenImageEditPlusPipeline computes it."""
    ratio = width / height
    wide = math.sqrt(SEEN_OF_SEVERAL * ratio)
    return max(1, round(wide / 32)) * 32, max(1, round(wide / ratio / 32)) * 32


def load(model: Model, parts: LoadedParts) -> QwenImage:
    """Adds the tokenizer. Raises ModelBroken."""
    tokenizer = load_tokenizer(Qwen2Tokenizer, model.folder / "tokenizer")
    factor = autoencoder_of(parts.vae).factor
    takes_several = model.limits.references > 1
    return QwenImage(tokenizer, parts.text_encoders["text_encoder"], parts.network, factor, takes_several)
