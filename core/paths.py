"""The folders of the program's own resources and of the user."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

APP_NAME = "Emulsion"


def resources() -> Path:
    """Returns the read-only folder of starter model and icons, in a checkout, a wheel or a frozen program."""
    frozen = getattr(sys, "_MEIPASS", None)
    root = Path(frozen) if frozen else Path(__file__).resolve().parent.parent
    return root / "resources"


SHARED_VOCABULARY = "shared_vocabulary"
"""In a ``tokenizer_config.json`` that ships: the name of the folder with its vocabulary."""


def shared_vocabulary(config: Mapping[str, Any]) -> Path:
    """Returns the folder with the vocabulary that a configuration without one names; CLIP's if it names none."""
    name = config.get(SHARED_VOCABULARY)
    return resources() / "tokenizers" / (name if name in ("clip", "qwen", "t5") else "clip")


@dataclass(frozen=True, slots=True)
class Folders:
    """The user's folders; every one can be changed in the settings, and none need exist yet."""

    pictures: Path
    models: Path
    data: Path
    config: Path
    cache: Path
    logs: Path

    @property
    def pasted(self) -> Path:
        """Returns where pictures and masks without a file of their own are kept, by their content."""
        return self.data / "pasted"

    @property
    def sources(self) -> Path:
        """Returns where copies of the pictures are kept that runs work with, by their content."""
        return self.data / "sources"

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
