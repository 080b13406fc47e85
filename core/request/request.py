"""The request for pictures: one frozen value that window, command line, recipe and engine share."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from core.request.control import Control
from core.request.hires import Hires
from core.request.mask import Mask
from core.request.samplers import SAMPLERS
from core.request.size import Size

STARTER_MODEL = "starter-model"

STEPS, COUNT = range(1, 501), range(1, 1001)
LARGEST_GUIDANCE_SCALE = 30.0
LARGEST_SEED = 2**64 - 1
LARGEST_LORA_WEIGHT = 4.0
MOST_LORAS, MOST_REFERENCES = 16, 4
CLIP_LAYERS = range(1, 13)
WEIGHT_BITS = (8, 4)  # as `core.engine.weights.quantisation` packs them


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a model: sizes in pixels, and keys in `core.request.samplers.SAMPLERS`.

    Attributes:
        optional_settings: names of the settings that not every model has, as far as this one has them.
        references: the most pictures beside the prompt.
    """

    size_step: int = 8
    smallest: int = 64
    largest: int = 2048
    samplers: tuple[str, ...] = tuple(SAMPLERS)
    optional_settings: tuple[str, ...] = ()
    references: int = MOST_REFERENCES

    def with_references(self, references: tuple[Reference, ...]) -> Limits:
        """Returns the limits of a request with these pictures: of any size; what is made larger is cut off."""
        return replace(self, size_step=1, smallest=min(self.smallest, self.size_step)) if references else self

    def snap(self, length_px: int) -> int:
        """Returns the nearest valid length to ``length_px``."""
        lowest = math.ceil(self.smallest / self.size_step) * self.size_step
        highest = self.largest // self.size_step * self.size_step
        nearest = (length_px + self.size_step // 2) // self.size_step * self.size_step
        return min(max(nearest, lowest), highest)


@dataclass(frozen=True, slots=True)
class Source:
    """A picture to begin with in the place of pure noise (SDEdit, Meng et al. 2022).

    Attributes:
        path: of the picture's file; only its name, or nothing, where a recipe does not tell more.
        strength: 0 to 1, how much of it is turned into noise; at 1 hardly anything is left of it.
        sha256: of the file's content, the whole or its first digits; "" when it has not been read yet.
    """

    path: str
    strength: float
    sha256: str = ""

    def steps_of(self, steps: int) -> int:
        """Returns the number of steps that a run with this source makes, the last ones of ``steps``."""
        return int(steps * self.strength)  # rounded as StableDiffusionImg2ImgPipeline of diffusers does


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture beside the prompt, at which the model looks in every step.

    Attributes:
        path: of the picture's file; only its name, or nothing, where a recipe does not tell more.
        sha256: of the file's content, the whole or its first digits; "" when it has not been read yet.
    """

    path: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Lora:
    """A small change to a model (low-rank adaptation, Hu et al. 2021).

    Attributes:
        name: of its file without the ending, in one of the folders for LoRAs, or the file's full path.
        weight: a factor of the change; 1 is as it was trained, below 0 its opposite.
        text_weight: the factor for text encoders where it is another one, else None.
        hash: 12 digits as AUTOMATIC1111 writes them; "" when the file has not been read yet.
        is_on: False for one that is kept in the list and left out of the pictures.
    """

    name: str
    weight: float = 1.0
    hash: str = ""
    is_on: bool = True
    text_weight: float | None = None

    @property
    def key(self) -> str:
        """Returns the name alone, without folders and ending."""
        return re.split(r"[/\\]", self.name)[-1].removesuffix(".safetensors")

    def weight_in(self, *, is_encoder: bool) -> float:
        """Returns the factor for the layers of a text encoder, or for those of the network."""
        return self.weight if self.text_weight is None or not is_encoder else self.text_weight


@dataclass(frozen=True, slots=True)
class Autoencoder:
    """An autoencoder in the place of the model's own.

    Attributes:
        name: of its file without the ending, or of its folder, in one of the folders for them; or the full path.
        sha256: of its weights, the whole or its first digits; "" when the file has not been read yet.
    """

    name: str
    sha256: str = ""

    @property
    def key(self) -> str:
        """Returns the name alone, without folders and ending."""
        return re.split(r"[/\\]", self.name)[-1].removesuffix(".safetensors")


@dataclass(frozen=True, slots=True)
class Embedding:
    """A textual inversion embedding (Gal et al. 2022) that a prompt names.

    Attributes:
        name: of its file without the ending.
        hash: 12 digits of the SHA-256 of the file; "" when it has not been read yet.
    """

    name: str
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Upscaler:
    """A network that enlarges the finished picture.

    Attributes:
        name: of its file without the ending, in one of the folders for them; or the full path.
        factor: by how much width and height grow; 0 for the network's own scale.
        sha256: of its file, the whole or its first digits; "" when the file has not been read yet.
    """

    name: str
    factor: float = 0.0
    sha256: str = ""

    @property
    def key(self) -> str:
        """Returns the name alone, without folders and ending."""
        return re.sub(r"\.(safetensors|pth|pt)$", "", re.split(r"[/\\]", self.name)[-1])


@dataclass(frozen=True, slots=True)
class Variation:
    """A change of the noise that a seed starts with, see `core.engine.sampling.start_noise`.

    Attributes:
        strength: 0 to 1, the part of the second noise; at 0 only ``size`` acts.
        seed: start of the second noise, or None: the engine chooses one and reports it.
        size: in pixels, of the picture whose noise stands in the middle, or None.
    """

    strength: float = 0.0
    seed: int | None = None
    size: Size | None = None


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """Everything that determines a picture.

    Attributes:
        model: key of a model in the catalogue, or a path to a model's folder.
        sampler: key in `core.request.samplers.SAMPLERS`.
        steps: sampler steps; some samplers call the network more than once a step.
        guidance_scale: w in ``uncond + w * (cond - uncond)`` (Ho & Salimans 2022); off at 1 or below.
        seed: start of the random numbers, or None: the engine chooses one and reports it.
        count: how many pictures; see `core.request.numbering` for their seeds.
        source: the picture to begin with, or None.
        mask: the part of it that is changed, or None: all of it. ``size`` is then that in which the model works
            on the part; the finished picture has the size of the source with the mask's margins.
        references: pictures to look at, for models that edit by instruction; the first one is what "it" means.
        loras: changes to the model, each at most once.
        autoencoder: in the place of the model's own, or None.
        weight_bits: one of `WEIGHT_BITS` for the weights of text encoders and network, or None: as they come.
        clip_skip: the layer of CLIP's text encoders that the prompt is read from, counted from 1 at the end.
        emphasis: key in `core.request.settings.emphasis.MODES`: how weights in the prompt act.
        embeddings: those that the prompts name, as far as found.
        training: `core.request.traits.traits_to_text` of how the model was trained; "" as the catalogue knows it.
        variants: the prompts are templates, see `core.prompt.template`; else their braces are text.
        template, negative_template: of prompts that have been drawn already, "" for those that were not.
        upscaler: enlarges the finished picture, or None.
        variation: a change of the noise that the seed starts with, or None.
        seamless: key in `core.request.settings.seamless.DIRECTIONS`: where the picture goes on at its other side.
        controls: pictures that guide this one, each by a network.
        skip_layers: strength of the guidance away from a prediction without some layers; 0 is off.
        hires: a second pass at a larger size, or None.
    """

    prompt: str
    negative_prompt: str = ""
    model: str = STARTER_MODEL
    size: Size = Size(128, 128)  # noqa: RUF009 - it is frozen
    sampler: str = "ddim"
    steps: int = 20
    guidance_scale: float = 4.0
    seed: int | None = None
    count: int = 1
    source: Source | None = None
    mask: Mask | None = None
    references: tuple[Reference, ...] = ()
    loras: tuple[Lora, ...] = ()
    autoencoder: Autoencoder | None = None
    weight_bits: int | None = None
    clip_skip: int = 1
    emphasis: str = "original"
    embeddings: tuple[Embedding, ...] = ()
    training: str = ""
    variants: bool = False
    template: str = ""
    negative_template: str = ""
    upscaler: Upscaler | None = None
    variation: Variation | None = None
    seamless: str = ""
    skip_layers: float = 0.0
    controls: tuple[Control, ...] = ()
    hires: Hires | None = None

    @property
    def all_steps(self) -> int:
        """Returns the steps of both passes, by which steps of a film are counted."""
        return self.steps + (self.hires.steps_after(self.steps) if self.hires is not None else 0)

    @property
    def in_second_pass(self) -> GenerationRequest:
        """Returns the request with the texts, guidance and sampler of its second pass; as it is without one."""
        if (hires := self.hires) is None:
            return self
        return replace(
            self,
            prompt=hires.prompt or self.prompt,
            negative_prompt=hires.negative_prompt or self.negative_prompt,
            guidance_scale=self.guidance_scale if hires.guidance_scale is None else hires.guidance_scale,
            sampler=hires.sampler or self.sampler,
        )

    @property
    def has_guidance(self) -> bool:
        return self.guidance_scale > 1

    @property
    def active_loras(self) -> tuple[Lora, ...]:
        """Returns the LoRAs that act on the picture."""
        return tuple(lora for lora in self.loras if lora.is_on)
