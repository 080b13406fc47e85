"""The upscalers that a catalogue's folders offer."""

from core.models.catalogue import Catalogue
from core.paths import resources
from core.upscalers.library import UpscalerLibrary


def upscalers_of(catalogue: Catalogue) -> UpscalerLibrary:
    """Returns the upscalers that ship, and those around the folders with models."""
    memory = catalogue.memory.folder
    converted = memory / "upscalers" if memory is not None else None
    return UpscalerLibrary(resources() / "upscalers", catalogue.places().model_folders, converted)
