"""The folders of the program's own resources and of the user."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs

APP_NAME = "Emulsion"


def resources() -> Path:
    """Returns the read-only folder of starter model and icons, in a checkout, a wheel or a frozen program."""
    frozen = getattr(sys, "_MEIPASS", None)
    root = Path(frozen) if frozen else Path(__file__).resolve().parent.parent
    return root / "resources"


def clip_vocabulary() -> Path:
    """Returns the folder with the vocabulary of CLIP's tokenizer, for models that bring none."""
    return resources() / "tokenizers" / "clip"


@dataclass(frozen=True, slots=True)
class Folders:
    """The user's folders; every one can be changed in the settings, and none need exist yet."""

    pictures: Path
    models: Path
    data: Path
    config: Path
    cache: Path
    logs: Path

    @classmethod
    def default(cls) -> Folders:
        dirs = platformdirs.PlatformDirs(APP_NAME, appauthor=False)
        data = Path(dirs.user_data_dir)
        return cls(
            pictures=Path(dirs.user_pictures_dir) / APP_NAME,
            models=data / "models",
            data=data,
            config=Path(dirs.user_config_dir),
            cache=Path(dirs.user_cache_dir),
            logs=Path(dirs.user_log_dir),
        )
