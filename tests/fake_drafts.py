"""Models and drafts of a session without a disk, for tests of the window."""

from collections.abc import Mapping

from core.models.catalogue import FoundModels, Model
from core.request.request import Autoencoder, GenerationRequest
from tests.fake_films import model


class FakeModels:
    """A catalogue with these models."""

    def __init__(self, *models: Model) -> None:
        self.found = models or (model(),)

    def find_all(self) -> FoundModels:
        return FoundModels(self.found)

    def remembered(self) -> tuple[FoundModels, bool]:
        return self.find_all(), False


class FakeDrafts:
    """Keeps the draft in memory. ``saves`` counts how often it was written."""

    def __init__(self, draft: GenerationRequest | None = None) -> None:
        self.draft = draft
        self.saves = 0
        self.autoencoders: dict[str, Autoencoder] = {}
        self.presets: dict[str, Mapping[str, GenerationRequest]] = {}
        self.defaults: dict[str, GenerationRequest | None] = {}

    def load_draft(self) -> GenerationRequest | None:
        return self.draft

    def save_draft(self, request: GenerationRequest) -> None:
        self.draft = request
        self.saves += 1

    def presets_of(self, model: str) -> Mapping[str, GenerationRequest]:
        return self.presets.get(model, {})

    def keep_presets(self, model: str, presets: Mapping[str, GenerationRequest]) -> None:
        self.presets[model] = presets

    def own_defaults(self, model: str) -> GenerationRequest | None:
        return self.defaults.get(model)

    def keep_defaults(self, model: str, defaults: GenerationRequest | None) -> None:
        self.defaults[model] = defaults

    def autoencoder_of(self, model: str) -> Autoencoder | None:
        return self.autoencoders.get(model)
