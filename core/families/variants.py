"""The abilities of models, and the settings that each variant of a family works well with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

VARIANT = "variant"
"""The name of the trait, and of the value of a configuration, that says which variant the user chose."""

GuidanceKind = Literal["classifier_free", "embedded", "none"]
"""``classifier_free``: two predictions, one of them with the negative prompt (Ho & Salimans 2022). ``embedded``:
the scale is an input of the network (Meng et al. 2023), there is no second prediction. ``none``: the network was
distilled to need no scale."""


def flow_schedule(shift: float, **more: Any) -> Mapping[str, Any]:
    """Returns a ``scheduler_config.json`` of flow matching with this shift (Esser et al. 2024, eq. 23)."""
    return MappingProxyType(
        {
            "_class_name": "FlowMatchEulerDiscreteScheduler",
            "num_train_timesteps": 1000,
            "shift": shift,
            "use_dynamic_shifting": False,
            **more,
        }
    )


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The abilities of one model, which its controls and views follow.

    Attributes:
        guidance: what the guidance scale does.
        has_attention_words: it can tell where each word of the prompt acts.
        takes_loras: LoRAs can change it.
    """

    guidance: GuidanceKind = "classifier_free"
    has_attention_words: bool = True
    takes_loras: bool = True

    @property
    def has_negative_prompt(self) -> bool:
        """Returns whether there is a second prediction, from which a negative prompt can move away."""
        return self.guidance == "classifier_free"


@dataclass(frozen=True, slots=True)
class DefaultSettings:
    """Sampler, steps and guidance scale to begin with, and the strength of guidance by layers left out."""

    sampler: str
    steps: int
    guidance_scale: float
    skip_layers: float = 0.0


@dataclass(frozen=True, slots=True)
class Variant:
    """Models of a family that work with settings of their own, such as those distilled to few steps.

    A folder tells it in its configuration. Whether the network of a file was distilled (Turbo, Lightning, Hyper:
    Sauer et al. 2023; Lin et al. 2024) can seldom be seen in its weights; its makers say so in its name.

    Attributes:
        words: a pattern for a word of the name, in lower case; "" where the name does not tell.
        pattern: one for the whole name, in the place of ``words``.
        config_key: a value of the configuration that this variant has; "" where there is none.
        is_set: that value is there and is true; or, for False, is none of both.
        guidance: what the guidance scale does, where it is not as for the family.
        schedule: its makers' own, as `core.families.spec.FamilySpec` has it; where it is not as for the family.
        references: the most pictures beside the prompt, where it is not as for the family.
        built: values of the configuration of its network that a lone file does not tell.
        name: the value of the trait ``variant`` by which the user chooses it; "" where it cannot be chosen.
    """

    defaults: DefaultSettings
    words: str = ""
    config_key: str = ""
    is_set: bool = True
    guidance: GuidanceKind | None = None
    schedule: Mapping[str, Any] | None = None
    pattern: str = ""
    references: int | None = None
    built: Mapping[str, Any] = field(default_factory=dict[str, Any])
    name: str = ""

    def includes(self, name: str, config: Mapping[str, Any]) -> bool:
        """Returns True for a model of this name and configuration."""
        if self.config_key and (self.config_key in config or not self.words):
            return bool(config.get(self.config_key)) is self.is_set
        if self.pattern:
            return re.search(self.pattern, name.lower()) is not None
        pattern = rf"(sd|sdxl|xl)?({self.words})(xl)?"
        return any(re.fullmatch(pattern, word) for word in re.split(r"[^a-z]+", name.lower()))
