"""A model on disk: all that is known of it before its weights are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.checkpoints.schedule import with_values
from core.families import FAMILIES
from core.families.spec import Capabilities, CheckpointKind
from core.families.variants import VARIANT
from core.models.parts import NO_PARTS, Parts
from core.request.request import GenerationRequest, Limits
from core.request.traits import Trait, Traits, traits_from_text


@dataclass(frozen=True, slots=True)
class Model:
    """A model on disk, ready to be loaded.

    Attributes:
        key: what requests and recipes call it: the folder's name, or the path for a folder elsewhere.
        folder: a diffusers folder, with ``model_index.json``.
        defaults: a request with this model's own good settings, and an example as its prompt ("" if none).
        max_tokens: how many tokens the text encoder reads, with the two marks at start and end.
        capabilities: what its controls and views are; of its family, less what it was distilled from.
        is_listed: ``models.toml`` knows it.
        file: a single file with the weights; the folder then only has the configurations of its parts, or is an
            installed model that lends what the file does not bring.
        kind: what the file is.
        parts: the places of those parts that its file does not bring.
        without: the parts that it works without, since they are not there.
        has_autoencoder: it, or the model that lends it parts, has one; other files need one of a request.
        sha256: of the network's weights, or "" while they have not been read as a whole.
        traits: of its training, each with the place that tells it.
        own_schedule: content of ``scheduler_config.json``, completed; the traits are not in it.
        computers: the addresses of those that have it, where it is not on this one, see `core.models.elsewhere`.
    """

    key: str
    name: str
    about: str
    folder: Path
    family: str
    defaults: GenerationRequest
    limits: Limits
    max_tokens: int
    capabilities: Capabilities
    is_listed: bool = False
    file: Path | None = None
    kind: CheckpointKind | None = None
    parts: Parts = NO_PARTS
    without: tuple[str, ...] = ()
    has_autoencoder: bool = True
    sha256: str = ""
    traits: Traits = field(default_factory=dict[str, Trait])
    own_schedule: Mapping[str, Any] = field(default_factory=dict[str, Any])
    computers: tuple[str, ...] = ()

    def schedule_for(self, training: str = "") -> Mapping[str, Any]:
        """Returns the scheduler's configuration for the training that a request tells, else by the traits."""
        own = {name: trait.value for name, trait in self.traits.items()}
        return with_values(self.own_schedule, own | traits_from_text(training))

    @property
    def variant(self) -> str:
        """Returns the value of the trait of that name; "" in families without variants to choose."""
        trait = self.traits.get(VARIANT)
        return trait.value if trait is not None else ""

    @property
    def undecided(self) -> tuple[str, ...]:
        """Returns the variants of which one holds, where neither file nor name tell it and nobody chose yet."""
        trait, family = self.traits.get(VARIANT), FAMILIES[self.family]
        is_told = trait is None or trait.place != "family"
        if is_told or self.file is None or not family.plain_words:
            return ()
        return tuple(name for name in family.variant_names if not name.endswith("_lightning"))

    @property
    def places(self) -> tuple[Path, ...]:
        """Returns what lies outside its folder: its file, and the parts from elsewhere."""
        return (*(() if self.file is None else (self.file,)), *self.parts.places.values())

    @property
    def place(self) -> Path:
        """Returns the model itself: its file, or its folder."""
        return self.file or self.folder
