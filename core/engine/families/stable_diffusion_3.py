"""Stable Diffusion 3 and 3.5: a flow-matching transformer of two streams; two CLIPs and T5 read the prompt.

T5 may be missing; zeros stand in its place then. The arithmetic is, call by call, that of diffusers'
StableDiffusion3Pipeline (Esser et al. 2024); the tests hold it to that bit for bit. Weights of words act on CLIP
as in AUTOMATIC1111's program, and on T5 as in ComfyUI: a word goes further from what an empty prompt is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.transformers.transformer_sd3 import SD3Transformer2DModel
from torch.nn.functional import pad
from transformers import CLIPTextModelWithProjection, CLIPTokenizer, T5EncoderModel, T5Tokenizer

from core.engine.families.loaded import LoadedParts
from core.engine.networks.autoencoders import autoencoder_of
from core.engine.networks.clip_text import ClipEncoder, ClipText, clip_texts, prompt_parts
from core.engine.networks.unet_call import composed
from core.engine.sampling.denoising import Predict, Timestep
from core.engine.sampling.guidance import Prediction
from core.engine.sampling.schedulers import build
from core.engine.sampling.size_shift import OWN_LEVELS, shift_by_tokens, tokens_of
from core.engine.weights.components import load_tokenizer
from core.families.stable_diffusion_3 import SKIPPED_CALLS, SKIPPED_LAYERS, SPEC, T5_TOKENS
from core.models.model import Model
from core.paths import resources
from core.prompt.placed import PlacedText
from core.prompt.weights import weighted
from core.request.request import GenerationRequest
from core.request.settings.emphasis import PLAIN


class ClipOfTwo(CLIPTextModelWithProjection):
    """CLIP-L, whose output goes on unprojected: files without a projection have the identity in its place."""

    identities = ("text_projection.weight",)


KINDS = MappingProxyType(
    {
        "text_encoder": ClipOfTwo,
        "text_encoder_2": CLIPTextModelWithProjection,
        "text_encoder_3": T5EncoderModel,
        "transformer": SD3Transformer2DModel,
        "vae": AutoencoderKL,
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A prompt: hidden states of all three (1, tokens, width), pooled output of both CLIPs (1, width of both)."""

    hidden: torch.Tensor
    pooled: torch.Tensor


class StableDiffusion3:
    """See `core.engine.families.loaded.Arithmetic` for the methods."""

    def __init__(
        self,
        encoders: Sequence[tuple[Any, Any]],
        t5: tuple[Any, Any] | None,
        transformer: Any,
        factor: int,
        model: Model,
    ) -> None:
        """Takes tokenizers, each with its text encoder, CLIP-L and CLIP-G first.

        ``factor``: pixels along a side for each place of a latent. ``model`` tells the schedule.
        """
        self.encoders = tuple(ClipEncoder(*encoder, layer=2) for encoder in encoders)
        self._t5 = t5
        self._transformer = transformer
        self._factor = factor
        self._model = model

    def texts(self, request: GenerationRequest) -> tuple[ClipText, ...]:
        return clip_texts(request, _has_uncond(request), self.encoders)

    def encode_prompt(self, text: ClipText) -> Encoded:
        """Puts the tokens of T5 behind those of the CLIPs, which are side by side and filled up with zeros."""
        hidden, pooled = zip(*(encoder.read(text) for encoder in self.encoders), strict=True)
        clip, dtype = torch.cat(hidden, dim=-1), self._transformer.dtype
        width = self._transformer.config.joint_attention_dim
        read = self._read_by_t5(text)
        if read is None:
            read = torch.zeros((1, T5_TOKENS, width), device=clip.device, dtype=clip.dtype)
        joined = torch.cat([pad(clip, (0, width - clip.shape[-1])), read], dim=-2)
        return Encoded(joined.to(dtype), torch.cat(pooled, dim=-1).to(dtype))

    def _read_by_t5(self, text: ClipText) -> torch.Tensor | None:
        """Returns hidden states (1, T5_TOKENS, width)."""
        if self._t5 is None:
            return None
        tokenizer, encoder = self._t5
        is_plain = text.emphasis in (PLAIN, "none")
        runs = () if is_plain else weighted(PlacedText.whole(text.text)).runs
        texts = [(run.text, run.weight) for run in runs if not run.is_break] or [(text.text, 1.0)]
        read = [
            (token, weight)
            for part, weight in texts
            for token in tokenizer(part, add_special_tokens=False, verbose=False)["input_ids"]
        ][: T5_TOKENS - 1]

        def encode(tokens: Sequence[int]) -> torch.Tensor:
            padding = [tokenizer.pad_token_id] * (T5_TOKENS - 1 - len(tokens))
            ids = torch.tensor([[*tokens, tokenizer.eos_token_id, *padding]], device=encoder.device)
            return encoder(ids)[0]

        hidden = encode([token for token, _ in read])
        if is_plain or text.emphasis == "ignore" or all(weight == 1.0 for _, weight in read):
            return hidden
        empty = encode(()).float()
        weights = torch.ones(T5_TOKENS, device=hidden.device)
        weights[: len(read)] = torch.tensor([weight for _, weight in read])
        return (empty + weights[None, :, None] * (hidden.float() - empty)).to(hidden.dtype)

    def predict(self, request: GenerationRequest, batch: int, encoded: Sequence[Encoded]) -> Predict:
        hidden = torch.cat([text.hidden.repeat(batch, 1, 1) for text in encoded])
        pooled = torch.cat([text.pooled.repeat(batch, 1) for text in encoded])
        passes, dtype = len(encoded), self._transformer.dtype
        weights = [part.weight for part in prompt_parts(request)]
        times = self._times_without_layers(request) if passes == 2 else None

        def predict(x: torch.Tensor, t: Timestep) -> Prediction:
            x = x.to(dtype)
            velocity = self._transformer(
                hidden_states=torch.cat([x] * passes) if passes > 1 else x,
                timestep=t.tensor.expand(passes * batch),
                encoder_hidden_states=hidden,
                pooled_projections=pooled,
                return_dict=False,
            )[0]
            if passes == 1:
                return Prediction(velocity, None)
            uncond, *conds = velocity.chunk(passes)
            cond = conds[0] if len(conds) == 1 else composed(uncond, conds, weights)
            weaker = None
            if times is not None and times[0] <= t.value <= times[1]:
                weaker = self._transformer(
                    hidden_states=x,
                    timestep=t.tensor.expand(batch),
                    encoder_hidden_states=hidden[batch:],
                    pooled_projections=pooled[batch:],
                    return_dict=False,
                    skip_layers=list(SKIPPED_LAYERS),
                )[0]
            without = None if weaker is None else (weaker, request.skip_layers)
            return Prediction(cond, uncond if request.has_guidance else None, without_layers=without)

        return predict

    def _times_without_layers(self, request: GenerationRequest) -> tuple[float, float] | None:
        """Returns the first and last time of skip-layer guidance; None where it is off, or has no call.

        They are those of a whole run, so that one that begins later, or goes on, has the same.
        """
        if not request.skip_layers or not request.has_guidance:
            return None
        config = self._model.schedule_for(request.training)
        config = {**config, **self.schedule_options(request, config)}
        times = build(request.sampler, config, request.steps).timesteps
        first, last = (part * len(times) for part in SKIPPED_CALLS)
        chosen = [float(time) for call, time in enumerate(times) if first < call < last]
        return (chosen[-1], chosen[0]) if chosen else None

    def schedule_options(self, request: GenerationRequest, config: Mapping[str, Any]) -> Mapping[str, Any]:
        tokens = tokens_of(request.size, self._factor * SPEC.latents.patch)
        return {**shift_by_tokens(tokens, config), OWN_LEVELS: True}


def _has_uncond(request: GenerationRequest) -> bool:
    """Returns True where the negative prompt is read: several parts of a prompt pull away from it, too."""
    return request.has_guidance or len(prompt_parts(request)) > 1


def load(model: Model, parts: LoadedParts) -> StableDiffusion3:
    """Adds the tokenizers. Raises ModelBroken."""
    kinds = {"text_encoder": CLIPTokenizer, "text_encoder_2": CLIPTokenizer, "text_encoder_3": T5Tokenizer}
    pairs: list[tuple[Any, Any]] = []
    for name, encoder in parts.text_encoders.items():
        folder = model.folder / name.replace("text_encoder", "tokenizer")
        if not folder.is_dir():  # the model that lends its parts works without T5
            folder = resources() / "families" / SPEC.key / folder.name
        pairs.append((load_tokenizer(kinds[name], folder), encoder))
    t5 = pairs.pop() if "text_encoder_3" in parts.text_encoders else None
    return StableDiffusion3(pairs, t5, parts.network, autoencoder_of(parts.vae).factor, model)
