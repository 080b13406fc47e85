"""The halves of CLIP that read pictures for IP-Adapters: which one a file needs, and where it lies.

ViT-H reads for most of them, bigG for the first one of Stable Diffusion XL (h94/IP-Adapter). An adapter's first
layer tells which: it takes the states of the encoder's last layer but one, or its projection, in their width.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from core.checkpoints.weights import files_of
from core.control.file import ControlFile
from core.errors import ControlBroken, ModelBroken
from core.files.safetensors_header import SafetensorsHeader
from core.files.weights_header import read_header
from core.files.weights_in import weights_in
from core.language.words import tr

FOLDER_NAMES = ("clip_vision", "image_encoder")
"""ComfyUI's, and that of diffusers."""

NEED = ("image_proj.proj.weight", "image_proj.proj_in.weight", "image_proj.proj.0.weight")
_NAMES = {1024: "CLIP ViT-H", 1280: "CLIP ViT-H", 1664: "CLIP ViT-bigG"}
_DEEPEST, _SUFFIXES = 3, (".safetensors",)


def needed(header: SafetensorsHeader) -> tuple[bool, int]:
    """Returns if an adapter takes what the encoder projects, and its width, 0 where nothing tells."""
    for name in NEED:
        if (shape := header.shape(name)) is not None and len(shape) == 2:
            return name == NEED[0], shape[1]
    return False, 0


def find_encoder(adapter: ControlFile, folders: Iterable[Path]) -> Path:
    """Returns a file, or a folder as diffusers saves it. Raises ControlBroken where none fits."""
    is_projected, width = needed(read_header(adapter.files[0]))
    near = [adapter.path.parent, adapter.path.parent.parent, *folders]
    for place in dict.fromkeys(folder / name for folder in near for name in FOLDER_NAMES):
        for path in _encoders_in(place):
            with suppress(ModelBroken):
                if widths_of(path)[is_projected] == width:
                    return path
    name = "CLIP ViT-bigG" if is_projected and width == 1280 else _NAMES.get(width, tr("CLIP"))
    raise ControlBroken(
        adapter.path,
        tr(
            "it needs {name}, the half of CLIP that reads pictures ({width} wide), which is not here: put it as "
            "safetensors into the folder “clip_vision” beside your models",
            name=name,
            width=width,
        ),
    )


def widths_of(path: Path) -> tuple[int, int]:
    """Returns the widths of the encoder's layers and of its projection, 0 for another file. Raises ModelBroken."""
    for file in files_of(path) if path.is_dir() else (path,):
        header = read_header(file)
        first = header.shape("vision_model.embeddings.class_embedding")
        last = header.shape("visual_projection.weight")
        if first and last:
            return first[-1], last[0]
    return 0, 0


def _encoders_in(folder: Path) -> Iterable[Path]:
    """Returns the folder itself where it is one of diffusers, else what lies in it."""
    return (folder,) if (folder / "config.json").is_file() else weights_in(folder, _DEEPEST, _SUFFIXES)
