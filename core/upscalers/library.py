"""The upscalers that can be chosen: that of the starter model, and the user's, in folders beside the models."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from core.errors import UpscalerBroken, UpscalerMissing
from core.upscalers.file import PICKLES, SUFFIX, UpscalerFile, read_upscaler

FOLDER_NAMES = ("upscale_models", "ESRGAN", "RealESRGAN")
"""In a folder of models, beside it, or beside that: where ComfyUI and AUTOMATIC1111's program keep them."""

OF_STARTER = "postcards-x4"
"""The name of the upscaler that ships, which has seen drawn postcards only."""


class UpscalerLibrary:
    """Finds upscalers by name. Of two with one name, that in the folder that is named first counts."""

    def __init__(self, own: Path, model_folders: Iterable[Path], converted: Path | None) -> None:
        """Looks in ``own`` and around each folder of models; ``converted`` has the pickles read before."""
        model_folders = tuple(model_folders)
        self._usual = tuple(folder / FOLDER_NAMES[0] for folder in model_folders)
        folders = [
            place / name
            for folder in model_folders
            for place in (folder, folder.parent, folder.parent.parent)
            for name in FOLDER_NAMES
        ]
        self._places = tuple(dict.fromkeys((own, *folders)))
        self.converted = converted

    def files(self) -> dict[str, Path]:
        """Returns all files by name, which need not be upscalers."""
        found: dict[str, Path] = {}
        for place in self._places:
            if place.is_dir():
                for path in sorted(place.rglob("*")):
                    if path.suffix.lower() in (SUFFIX, *PICKLES) and not path.name.startswith("."):
                        found.setdefault(path.stem, path)
        return found

    def look(self) -> tuple[UpscalerFile, ...]:
        """Returns all that can be used, first that of the starter model. Reads headers."""
        looked: list[UpscalerFile] = []
        for path in self.files().values():
            with suppress(UpscalerBroken):
                looked.append(read_upscaler(path) if path.suffix.lower() == SUFFIX else UpscalerFile(path, None))
        return tuple(sorted(looked, key=lambda file: (file.name != OF_STARTER, file.name.casefold())))

    def find(self, name: str) -> Path:
        """Returns the file of this name, or in this place. Raises UpscalerMissing."""
        files = self.files()
        if (found := files.get(name)) is not None:
            return found
        path = Path(name)
        if "\0" not in name and path.suffix.lower() in (SUFFIX, *PICKLES) and path.is_file():
            return path
        raise UpscalerMissing(name, tuple(files), folders=self._usual)
