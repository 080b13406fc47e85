"""A loaded model as the engine sees it: what all families share, around the arithmetic that is a family's own."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, get_type_hints

import torch
from torch.nn.functional import pad

from core.engine.decoding.preview_budget import latent_rgb_of
from core.engine.networks.autoencoders import autoencoder_of
from core.engine.networks.clip_text import ClipEncoder
from core.engine.networks.image_prompts import AnyGuide
from core.engine.networks.kept_encodings import KeptEncodings
from core.engine.networks.prompt_cache import REMEMBERED_PROMPTS, PromptCache
from core.engine.networks.seamless import widened, without_margin
from core.engine.sampling.denoising import Predict
from core.film.latent_rgb import LatentRgb
from core.models.catalogue import Model
from core.pictures.pixels import Pixels
from core.recipes.recipe import ModelIdentity
from core.request.request import GenerationRequest, Size

Encoded = TypeVar("Encoded")
"""A text as the text encoders of a family hand it on: hidden states, and what else the network reads."""


@dataclass(frozen=True, slots=True, eq=False)
class LoadedParts:
    """The networks of one checkpoint, as diffusers and transformers load them.

    Attributes:
        text_encoders: by the name of their folder in a diffusers folder.
        network: the denoising network.
        network_name: the name of its folder.
        vae: the autoencoder that belongs to the checkpoint.
        left_out: names of weights in its file that belong to none of the networks.
    """

    text_encoders: Mapping[str, Any]
    network: Any
    network_name: str
    vae: Any
    left_out: tuple[str, ...] = ()


class Arithmetic(Protocol[Encoded]):
    """The part of a loaded model that is special to its family."""

    def texts(self, request: GenerationRequest) -> tuple[Any, ...]:
        """Returns the texts that a run of the request reads, each with all that changes what is read in it.

        They are keys under which the encoded texts are remembered.
        """
        ...

    def encode_prompt(self, text: Any) -> Encoded:
        """Runs the text encoders."""
        ...

    def predict(self, request: GenerationRequest, batch: int, encoded: Sequence[Encoded], **more: Any) -> Predict:
        """Returns the network's call with the encoded `texts` built in.

        Families that edit by instruction take ``references`` too: latents (1, channels, height, width). Those with
        the setting ``controls`` take ``guides``, see `core.engine.networks.guides`.
        """
        ...

    def schedule_options(self, request: GenerationRequest, config: Mapping[str, Any]) -> Mapping[str, Any]:
        """Returns what the noise schedule takes on top of the checkpoint's ``scheduler_config.json``."""
        ...


class Twin(Protocol):
    """The module that loads a family: the heavy half of a `core.families.spec.FamilySpec`.

    Attributes:
        KINDS: the classes of the networks, by the name of their folder.
    """

    KINDS: Mapping[str, Any]

    def load(self, model: Model, parts: LoadedParts) -> Arithmetic[Any]:
        """Adds tokenizers to the networks. Raises ModelBroken."""
        ...


class Family:
    """A loaded model; latents are float32 (batch, channels, height / factor, width / factor), on its device.

    Attributes:
        identity: names the weights in recipes and films; `core.engine.loading.identification` completes it.
        model: tells the schedule that is followed; `PreparedModel` puts that of each run here.
        latent_rgb: the linear map from a latent to colours, for previews.
        references: the latents of pictures beside the prompt, by the SHA-256 of their files.
        maps: the latents of maps for control, by what tells the maps apart.
        seamless: the directions in which the decoded picture goes on at its other side, of each run.
        pictures: their pixels, also for the arithmetic of those families whose text encoder sees them.
        kept: the encodings of the checkpoint's own text encoders on the disk, if there are such.
        reads_as_loaded: no LoRA changes the text encoders.
        bring_encoders: reads text encoders that have not been read yet.
    """

    def __init__(
        self,
        identity: ModelIdentity,
        arithmetic: Arithmetic[Any],
        parts: LoadedParts,
        model: Model,
        latent_rgb: LatentRgb | None = None,
        upcast_from: torch.dtype | None = None,
    ) -> None:
        """``upcast_from`` is a dtype in which an autoencoder whose configuration says so stays in float32."""
        self.identity = identity
        self.model = model
        self._arithmetic = arithmetic
        self._parts = parts
        self._upcast_from = upcast_from
        self._prompts = PromptCache(self._encode, self._kept_now)
        self.kept: KeptEncodings | None = None
        self.reads_as_loaded = True
        self.bring_encoders: Callable[[], None] = lambda: None
        self.references: dict[str, torch.Tensor] = {}
        self.maps: dict[Hashable, torch.Tensor] = {}
        self.seamless = ""
        self.pictures: dict[str, Pixels] = getattr(arithmetic, "pictures", {})
        self._vae = autoencoder_of(self._upcast(parts.vae))
        self.latent_rgb = latent_rgb or latent_rgb_of(self._vae)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Returns the names of weights in the checkpoint's file that belong to none of its networks."""
        return self._parts.left_out

    def latent_shape(self, size: Size) -> tuple[int, int, int]:
        return self._vae.latent_shape(size.rounded_up(self.model.limits.size_step))

    def scheduler_config_for(self, request: GenerationRequest) -> Mapping[str, Any]:
        """Returns the scheduler's configuration for a request's size, steps and training."""
        config = self.model.schedule_for(request.training)
        return {**config, **self._arithmetic.schedule_options(request, config)}

    def knows_prompt(self, request: GenerationRequest) -> bool:
        """Returns True if `read_prompt` will not have to run the text encoder."""
        return all(self._prompts.knows(text) for text in self._arithmetic.texts(request))

    def encoded(self, request: GenerationRequest) -> list[Any]:
        """Returns the encoded texts of a request, from the cache or by running the text encoders."""
        return [self._prompts.recall(text) for text in self._arithmetic.texts(request)]

    def read_prompt(self, request: GenerationRequest, batch: int, guides: Sequence[AnyGuide] = ()) -> Predict:
        """Encodes prompt and negative prompt, and returns the network's call with them built in."""
        more: dict[str, Any] = {"guides": guides} if guides else {}
        if request.references:
            more["references"] = [self.references[reference.sha256] for reference in request.references]
        return self._arithmetic.predict(request, batch, self.encoded(request), **more)

    @property
    def pixels_each(self) -> int:
        """Returns pixels along a side for each place of a latent."""
        return self._vae.factor

    @property
    def takes_mask(self) -> bool:
        """Returns True for a network that sees the mask and the picture without it, behind the latent."""
        channels = self._vae.latent_shape(Size(64, 64))[0]
        return getattr(self._parts.network.config, "in_channels", None) == 2 * channels + 1

    @property
    def encoders(self) -> Sequence[ClipEncoder]:
        """Returns the text encoders that read words with weights; () for other families."""
        return getattr(self._arithmetic, "encoders", ())

    def texts(self, request: GenerationRequest) -> tuple[Any, ...]:
        """Returns the texts that a run of the request reads, see `Arithmetic`."""
        return self._arithmetic.texts(request)

    @property
    def encoding_kind(self) -> type:
        """Returns the type of an encoded text."""
        return get_type_hints(self._arithmetic.encode_prompt)["return"]

    def _encode(self, text: Any) -> Any:
        self.bring_encoders()
        return self._arithmetic.encode_prompt(text)

    def _kept_now(self) -> KeptEncodings | None:
        has_vectors = any(encoder.vectors for encoder in self.encoders)
        return self.kept if self.reads_as_loaded and not has_vectors else None

    @property
    def prompts_ahead(self) -> int:
        """Returns how many prompts can be read ahead of their turn without forgetting the first of them."""
        kept = self._kept_now()
        return max(REMEMBERED_PROMPTS // 2, kept.room if kept is not None else 0)

    def forget_prompts(self) -> None:
        """Has prompts read anew, since the text encoder has changed."""
        self._prompts.clear()

    def network(self) -> Any:
        """Returns the denoising network, for probes in a U-Net; the prompt's half is the last of its batch."""
        return self._parts.network

    def parts(self) -> dict[str, Any]:
        """Returns all networks, by the name of their folder in a diffusers folder."""
        network = {self._parts.network_name: self._parts.network}
        return {**self._parts.text_encoders, **network, "vae": self._vae.module}

    def encode(self, pixels: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
        """Returns a latent of pictures (1, 3, height, width), -1 to 1: a sample of what the autoencoder sees.

        Their last column and row are repeated up to the sizes that the model takes, so that no pixel moves.
        Takes one draw of float32 noise of the latent's shape from the CPU generator; without one it is the mean.
        """
        return self._vae.encode(self._filled(pixels), generator)

    def encode_map(self, pixels: torch.Tensor) -> torch.Tensor:
        """Returns the latent of a map, as networks for control see it: the mean of what `encode` draws from."""
        return self._vae.encode_map(self._filled(pixels))

    def _filled(self, pixels: torch.Tensor) -> torch.Tensor:
        height, width = pixels.shape[2:]
        full = Size(width, height).rounded_up(self.model.limits.size_step)
        if full != Size(width, height):
            pixels = pad(pixels, (0, full.width - width, 0, full.height - height), mode="replicate")
        return pixels

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Returns pictures (batch, 3, height, width), float, -1 to 1. May raise torch.OutOfMemoryError."""
        if self.seamless and self._vae.module.use_tiling:
            made = self._vae.decode(widened(latents, self.seamless))
            return without_margin(made, self.seamless, self._vae.factor)
        return self._vae.decode(latents)

    def autoencoder(self) -> Any:
        """Returns the autoencoder, so that a failed decode can be repeated in tiles or another dtype."""
        return self._vae.module

    def set_autoencoder(self, vae: Any, latent_rgb: LatentRgb) -> None:
        """Takes another autoencoder for the same latents, and its linear map."""
        self._vae = autoencoder_of(self._upcast(vae))
        self.references.clear()
        self.maps.clear()
        self.pictures.clear()
        self.latent_rgb = latent_rgb

    def _upcast(self, vae: Any) -> Any:
        """Returns the autoencoder in a dtype that it can bear: SDXL's own overflows to NaN in float16."""
        is_fragile = self._upcast_from is torch.float16 and vae.config.force_upcast
        return vae.to(torch.float32) if is_fragile else vae
