"""What the user asks for: one frozen value that the window, the command line, the recipe and the engine share."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidRequest
from core.request.samplers import SAMPLERS

STARTER_MODEL = "starter-model"

STEPS = range(1, 501)
COUNT = range(1, 101)
LARGEST_GUIDANCE_SCALE = 30.0
LARGEST_SEED = 2**64 - 1
LARGEST_LORA_WEIGHT = 4.0
MOST_LORAS = 16
WEIGHT_BITS = (8, 4)
"""What weights can be packed into, see `core.engine.weights.quantisation`."""


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height of a picture in pixels."""

    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> Size:
        """Reads ``"512x768"``. Raises InvalidRequest."""
        match = re.fullmatch(r"\s*(\d{1,6})\s*[x×]\s*(\d{1,6})\s*", text, re.IGNORECASE | re.ASCII)
        if match is None:
            raise InvalidRequest("size", text, "WIDTHxHEIGHT in pixels, for example 128x128")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a model can work with: sizes in pixels, and keys in `core.request.samplers.SAMPLERS`."""

    size_step: int = 8
    smallest: int = 64
    largest: int = 2048
    samplers: tuple[str, ...] = tuple(SAMPLERS)

    def snap(self, length_px: int) -> int:
        """The nearest valid length to ``length_px``."""
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
        """How many of a run's steps are made, the last ones."""
        return int(steps * self.strength)  # rounded as StableDiffusionImg2ImgPipeline of diffusers does


@dataclass(frozen=True, slots=True)
class Lora:
    """A small change to a model (low-rank adaptation, Hu et al. 2021).

    Attributes:
        name: of its file without the ending, in one of the folders for LoRAs, or the file's full path.
        weight: a factor of the change; 1 is as it was trained, below 0 its opposite.
        hash: 12 digits as AUTOMATIC1111 writes them; "" when the file has not been read yet.
        is_on: False for one that is kept in the list and left out of the pictures.
    """

    name: str
    weight: float = 1.0
    hash: str = ""
    is_on: bool = True

    @property
    def key(self) -> str:
        """The name alone, without folders and ending."""
        name = re.split(r"[/\\]", self.name)[-1]
        return name.removesuffix(".safetensors")


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
        """The name alone, without folders and ending."""
        return re.split(r"[/\\]", self.name)[-1].removesuffix(".safetensors")


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """Everything that determines a picture.

    Attributes:
        model: key of a model in the catalogue, or a path to a model's folder.
        sampler: key in `core.request.samplers.SAMPLERS`.
        steps: sampler steps; some samplers call the network more than once a step.
        guidance_scale: w in ``uncond + w * (cond - uncond)``; at 1 or below guidance is off and the negative
            prompt has no effect (Ho & Salimans 2022).
        seed: start of the random numbers, or None: the engine chooses one and reports it.
        count: how many pictures; the i-th one (from 0) has the seed ``seed + i``.
        source: the picture to begin with, or None.
        loras: changes to the model, each at most once.
        autoencoder: in the place of the model's own, or None.
        weight_bits: one of `WEIGHT_BITS` for the weights of text encoders and network, or None: as they come.
    """

    prompt: str
    negative_prompt: str = ""
    model: str = STARTER_MODEL
    size: Size = Size(128, 128)
    sampler: str = "ddim"
    steps: int = 20
    guidance_scale: float = 4.0
    seed: int | None = None
    count: int = 1
    source: Source | None = None
    loras: tuple[Lora, ...] = ()
    autoencoder: Autoencoder | None = None
    weight_bits: int | None = None

    @property
    def has_guidance(self) -> bool:
        return self.guidance_scale > 1

    @property
    def active_loras(self) -> tuple[Lora, ...]:
        """Those that act on the picture."""
        return tuple(lora for lora in self.loras if lora.is_on)


def validate(request: GenerationRequest, limits: Limits) -> None:
    """Checks every field once, at the border of the engine. Raises InvalidRequest for the first bad one."""
    for name, length_px in (("width", request.size.width), ("height", request.size.height)):
        if length_px != limits.snap(length_px):
            raise InvalidRequest(
                name,
                length_px,
                f"a multiple of {limits.size_step} from {limits.smallest} to {limits.largest} "
                f"(nearest: {limits.snap(length_px)})",
            )
    if not 0 <= request.guidance_scale <= LARGEST_GUIDANCE_SCALE:  # also refuses NaN
        raise InvalidRequest("guidance", request.guidance_scale, f"a number from 0 to {LARGEST_GUIDANCE_SCALE:g}")
    if request.seed is not None and not 0 <= request.seed <= LARGEST_SEED:
        raise InvalidRequest("seed", request.seed, f"a whole number from 0 to {LARGEST_SEED}")
    if request.count not in COUNT:
        raise InvalidRequest("count", request.count, f"a whole number from {COUNT[0]} to {COUNT[-1]}")
    if request.sampler not in limits.samplers:
        raise InvalidRequest("sampler", request.sampler, "one of " + ", ".join(limits.samplers))
    most_steps = SAMPLERS[request.sampler].most_steps or STEPS[-1]
    if not STEPS[0] <= request.steps <= most_steps:
        with_sampler = f" with the sampler {request.sampler}" if most_steps < STEPS[-1] else ""
        raise InvalidRequest(
            "steps", request.steps, f"a whole number from {STEPS[0]} to {most_steps}{with_sampler}"
        )
    if request.weight_bits not in (None, *WEIGHT_BITS):
        raise InvalidRequest("quantise", request.weight_bits, "8 or 4")
    _validate_loras(request.loras)
    if request.source is not None:
        _validate_source(request.source, request.steps)


def _validate_loras(loras: tuple[Lora, ...]) -> None:
    if len(loras) > MOST_LORAS:
        raise InvalidRequest("lora", len(loras), f"at most {MOST_LORAS} LoRAs")
    for index, lora in enumerate(loras):
        if not abs(lora.weight) <= LARGEST_LORA_WEIGHT:  # also refuses NaN
            allowed = f"a number from {-LARGEST_LORA_WEIGHT:g} to {LARGEST_LORA_WEIGHT:g}"
            raise InvalidRequest("LoRA weight", lora.weight, allowed)
        if any(lora.key == other.key for other in loras[:index]):
            raise InvalidRequest("lora", lora.key, "named once only")


def _validate_source(source: Source, steps: int) -> None:
    if not 0 < source.strength <= 1:  # also refuses NaN
        raise InvalidRequest("strength", source.strength, "a number above 0 and at most 1")
    if source.steps_of(steps) < 1:
        least = math.ceil(100 / steps) / 100
        raise InvalidRequest("strength", source.strength, f"at least {least:g}: of {steps} steps one must remain")
    path = Path(source.path)
    try:
        is_there = path.is_absolute() and path.is_file()
    except ValueError:  # NUL
        is_there = False
    if not is_there:
        raise InvalidRequest("image", source.path, "a picture file that is there")
