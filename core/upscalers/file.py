"""Files of upscalers, as far as their headers tell.

Most are pickles of PyTorch (``.pth``): of 755 files on OpenModelDB 30 are not. Those are read by the engine,
without running what they contain, and kept as safetensors from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import ModelBroken, UpscalerBroken
from core.files.safetensors_header import read_safetensors_header
from core.language.words import tr
from core.upscalers.kind import UpscalerKind, kind_of, plain_names

SUFFIX = ".safetensors"
PICKLES = (".pth", ".pt")
KNOWN = "ESRGAN, Real-ESRGAN, Compact, SPAN"


@dataclass(frozen=True, slots=True)
class UpscalerFile:
    """An upscaler on the disk.

    Attributes:
        path: as the user has it.
        kind: None for a pickle that has not been read yet.
    """

    path: Path
    kind: UpscalerKind | None

    @property
    def name(self) -> str:
        return self.path.stem


def read_upscaler(path: Path) -> UpscalerFile:
    """Checks the header of a safetensors file. Raises UpscalerBroken when it is no upscaler, or damaged."""
    try:
        tensors = read_safetensors_header(path).tensors
    except ModelBroken as error:
        raise UpscalerBroken(path, error.reason, is_damaged=error.is_damaged) from error
    names = plain_names(tensors)
    kind = kind_of({names[name]: tuple(entry.shape) for name, entry in tensors.items()})
    if kind is None:
        raise UpscalerBroken(
            path, tr("it is not an upscaler of a kind that Emulsion knows ({known})", known=KNOWN)
        )
    return UpscalerFile(path, kind)
