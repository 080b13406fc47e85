"""The type of all that is known of a family of models without loading torch."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from core.families.autoencoder_kinds import KL
from core.families.unet_blocks import UNetBlocks
from core.families.variants import VARIANT, Capabilities, DefaultSettings, GuidanceKind, Variant
from core.file_kinds.kind import UNMEASURED, Measure
from core.files.safetensors_header import SafetensorsHeader
from core.request.samplers import FLOW_SAMPLERS, SAMPLERS
from core.request.traits import Said


@dataclass(frozen=True, slots=True)
class Role:
    """A part of a family's models that can be a file of its own, and the files that fit.

    Attributes:
        kinds: keys of the kinds of files that fit, see `core.file_kinds`.
        measure: the tensor of the network, by its makers' name or that of diffusers, that tells the width of an
            encoder's hidden states or the channels of an autoencoder's latents; files of another one do not fit.
        unlike: a pattern for names, in lower case, of files that have such tensors and are for other models.
        is_optional: the model works without it.
    """

    kinds: tuple[str, ...]
    measure: Measure = UNMEASURED
    unlike: str = ""
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class CheckpointKind:
    """The content of a single file of weights.

    Attributes:
        layout: folder in ``resources/families`` with the configurations of its parts; "" for a lone transformer.
        family: key in `core.families.FAMILIES`.
        width: of the text that its network reads, which must be that of its configuration; None if not checked.
        said: the traits that it tells itself, see `core.request.traits`.
        parts: the folders of the parts that it brings.
        positions: tokens that its text encoders read, None where it does not tell.
        blocks: of its U-Net, None for other networks.
        widths: of the parts that its network works with, by their folder, as far as it tells.
        built: values of its transformer's configuration that its own shapes tell.
    """

    layout: str
    family: str
    width: int | None = None
    said: Said = field(default_factory=dict[str, Mapping[str, Any]])
    parts: tuple[str, ...] = ()
    positions: int | None = None
    blocks: UNetBlocks | None = None
    widths: Mapping[str, int] = field(default_factory=dict[str, int])
    built: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def of_json(cls, content: Mapping[str, Any]) -> CheckpointKind:
        """Reads what `dataclasses.asdict` gave, through JSON. Raises KeyError or TypeError."""
        values: dict[str, Any] = {**content, "parts": tuple(content["parts"])}
        if values["blocks"] is not None:
            values["blocks"] = UNetBlocks.of_json(values["blocks"])
        return cls(**values)

    def config_of(self, part: str, config: Mapping[str, Any]) -> dict[str, Any] | None:
        """Returns the configuration of a part as this file has it, given that of its family.

        None where a U-Net has blocks that no configuration says.
        """
        if "down_block_types" in config and part != "vae":
            return (self.blocks.config if self.blocks is not None else dict)({**config, **self.built})
        if self.positions is not None and "max_position_embeddings" in config:
            return {**config, "max_position_embeddings": self.positions}
        return {**config, **self.built} if part == "transformer" else dict(config)


@dataclass(frozen=True, slots=True)
class SingleFile:
    """The files in which a family's models come beside diffusers folders.

    Attributes:
        recognise: returns the kind of a file, or None if it is of another family; raises ModelBroken for a file of
            this family that cannot be used.
        prefixes: how programs begin the names of a part's tensors, by the folder of the part; "" is for all
            names that belong to no other part.
        sizes: of training pictures, by layout and prediction type, where the layout's own is another.
    """

    recognise: Callable[[SafetensorsHeader], CheckpointKind | None]
    prefixes: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    sizes: Mapping[tuple[str, str], str] = field(default_factory=lambda: MappingProxyType({}))

    def prefix_of(self, part: str, names: Collection[str]) -> str:
        """Returns the one of a part's prefixes with which names of a file begin, or ""."""
        starts = self.prefixes.get(part, ())
        return next((start for start in starts if start and any(name.startswith(start) for name in names)), "")

    def parts_in(self, names: Collection[str]) -> tuple[str, ...]:
        """Returns the parts of which a file has weights."""
        return tuple(part for part, starts in self.prefixes.items() if "" in starts or self.prefix_of(part, names))


@dataclass(frozen=True, slots=True)
class LoraFormat:
    """The LoRAs of a family.

    Attributes:
        original_names: returns the names that the makers of the family gave to the layers of a network, from
            those of diffusers; one that stands for several, row by row, was divided by diffusers.
        key: a pattern for names of layers that only this family has; "" where there is none.
        kinds: the kinds of the family's models, as users know them, by the width of the text that they read.
        like: a kind of models with layers of the same names and sizes, whose LoRAs fit too.
    """

    original_names: Callable[[Iterable[str]], Mapping[str, tuple[str, ...]]]
    key: str = ""
    kinds: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    like: str = ""


@dataclass(frozen=True, slots=True)
class TokenizerRules:
    """The way a prompt becomes tokens.

    Attributes:
        kind: which encoding it is, see `core.prompt.tokens`.
        frame: the text that encloses a prompt; None for the tokenizer's own marks at start and end.
        keeps_end: of a prompt that is too long the frame's end is kept, and not cut off with the rest.
        max_tokens: how many tokens of a prompt are read, where the text encoder could read more.
    """

    kind: Literal["clip", "qwen2", "t5"] = "clip"
    frame: tuple[str, str] | None = None
    keeps_end: bool = True
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class LatentLayout:
    """The latents of a family, as far as its configurations do not tell or are not there yet.

    Attributes:
        channels: numbers for each place of a latent.
        scale: latents are multiplied by it before the network sees them; None where each channel has its own.
        shift: is taken off them before that.
        factor: pixels along a side for each place.
        patch: places along a side that the network takes as one; sizes are multiples of this.
        models: the models with these latents, as users know them; "" for the family's name.
        kind: the autoencoder's class in diffusers.
    """

    channels: int
    scale: float | None
    shift: float = 0.0
    factor: int = 8
    patch: int = 1
    models: str = ""
    kind: str = KL


@dataclass(frozen=True, slots=True)
class FamilySpec:
    """A family of models with all that belongs to it.

    Attributes:
        key: what recipes and films call it; it never changes.
        name: as users know it.
        engine: dotted name of the module in ``core/engine/families`` that loads it.
        pipelines: class names of ``model_index.json`` that are of this family.
        network: the folder of the denoising network in a diffusers folder.
        text_encoders: the folders of the text encoders.
        roles: the parts that can be files of their own, by their folder; those that are not here come with the
            network's file, or from an installed model.
        step_values: the most values that are alive in a step with guidance of the network of full size, beside its
            weights, for each place of the latent.
        samplers: keys of `core.request.samplers.SAMPLERS` that fit.
        dtypes: the precisions in which its network gives numbers, the fastest first.
        optional_settings: names of settings that not every family has; ``references`` follow from their number.
        native_px: side of the pictures it was trained with, where its configuration does not tell.
        embedded_guidance_key: a value of the network's configuration; where it is set the scale is an input.
        schedule: the makers' scheduler configuration of models that are no variant, for a network's file, which
            comes without one; {} where it is that of the model that lends the file its other configurations.
        upcasts_autoencoder: in float16 its autoencoder overflows to NaN, where its configuration says so.
        references: the most pictures beside the prompt, where a variant does not say otherwise.
        plain: the value of the trait ``variant`` for models that are none; "" where there is nothing to choose.
        plain_words: a pattern for names, in lower case, of such models; with it, the user is asked if none tells.
        told_by: words that stand for a value of the configuration, for variants that names tell too.
        transformers_parts: the packages of ``transformers.models`` with its text encoders and tokenizers, for the
            frozen program.
        diffusers_pipelines: the packages of ``diffusers.pipelines`` of which loaders or parts are used.
    """

    key: str
    name: str
    engine: str
    pipelines: tuple[str, ...]
    network: str
    latents: LatentLayout
    defaults: DefaultSettings
    step_values: int
    transformers_parts: tuple[str, ...]
    diffusers_pipelines: tuple[str, ...]
    text_encoders: tuple[str, ...] = ("text_encoder",)
    samplers: tuple[str, ...] = tuple(SAMPLERS)
    dtypes: tuple[str, ...] = ("bfloat16", "float16", "float32")
    optional_settings: tuple[str, ...] = ()
    native_px: int = 512
    guidance: GuidanceKind = "classifier_free"
    embedded_guidance_key: str = ""
    has_attention_words: bool = True
    schedule: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    upcasts_autoencoder: bool = False
    variants: tuple[Variant, ...] = ()
    references: int = 0
    plain: str = ""
    plain_words: str = ""
    told_by: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    lora: LoraFormat | None = None
    roles: Mapping[str, Role] = field(default_factory=lambda: MappingProxyType({}))
    single_file: SingleFile | None = None
    tokenizer: TokenizerRules = TokenizerRules()

    @property
    def parts(self) -> tuple[str, ...]:
        """Returns the folders with weights."""
        return (*self.text_encoders, self.network, "vae")

    @property
    def has_weights(self) -> bool:
        """Returns True if brackets in a prompt are weights; for language models they are text."""
        return "emphasis" in self.optional_settings

    @property
    def is_flow(self) -> bool:
        """Returns True for flow-matching models (Lipman et al. 2023)."""
        return set(self.samplers) <= set(FLOW_SAMPLERS)

    def widths_in(self, header: SafetensorsHeader, start: str) -> dict[str, int]:
        """Returns the width of each part that a network works with, as far as its file tells.

        ``start`` begins the names of the network's tensors.
        """
        found = {part: role.measure.of(header, start) for part, role in self.roles.items()}
        return {part: width for part, width in found.items() if width is not None}

    def capabilities_of(self, name: str, config: Mapping[str, Any]) -> Capabilities:
        """Returns what a model of this folder or file name can do."""
        variant = self.variant_of(name, config)
        guidance = (variant.guidance if variant is not None else None) or self.guidance
        guidance = "embedded" if config.get(self.embedded_guidance_key) else guidance
        return Capabilities(guidance, self.has_attention_words, self.lora is not None)

    def defaults_of(self, name: str, config: Mapping[str, Any]) -> DefaultSettings:
        """Returns the settings that a model of this folder or file name works well with."""
        variant = self.variant_of(name, config)
        return variant.defaults if variant is not None else self.defaults

    def schedule_of(self, name: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
        """Returns the scheduler's configuration of a network's file; {} where the file does not tell it."""
        variant = self.variant_of(name, config)
        own = variant.schedule if variant is not None else None
        return self.schedule if own is None else own

    def variant_of(self, name: str, config: Mapping[str, Any]) -> Variant | None:
        """Returns the variant of a model of this folder or file name, None for a plain one.

        ``config``: of its network, and for a folder the flags of its ``model_index.json``; it has `VARIANT` where
        the user chose.
        """
        if chosen := config.get(VARIANT):
            return next((variant for variant in self.variants if variant.name == chosen), None)
        told = self._told(name, config)
        return next((variant for variant in self.variants if variant.includes(told, config)), None)

    def told_variant(self, name: str, config: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        """Returns the value of the trait by the place that tells it, see `core.request.traits.Said`."""
        if not self.plain:
            return {}
        variant = self.variant_of(name, config)
        key = variant.config_key if variant is not None else next((one.config_key for one in self.variants), "")
        is_named = variant is not None or re.search(self.plain_words, self._told(name, config).lower())
        is_configured = (key and key in config) or any(config.get(name) for name in self.told_by)
        place = "configuration" if is_configured else "name" if is_named else "family"
        return {place: {VARIANT: self.plain if variant is None else variant.name}}

    @property
    def variant_names(self) -> tuple[str, ...]:
        """Returns the values of the trait ``variant``, the plain one first; () where there is no choice."""
        names = (variant.name for variant in self.variants if variant.name)
        return (self.plain, *dict.fromkeys(names)) if self.plain else ()

    def _told(self, name: str, config: Mapping[str, Any]) -> str:
        return " ".join((name, *(words for key, words in self.told_by.items() if config.get(key))))
