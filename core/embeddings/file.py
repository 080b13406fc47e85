"""Files of textual inversion embeddings (Gal et al. 2022), as far as their headers tell. Light: nothing is loaded.

Forms: ``emb_params`` (n, width), as AUTOMATIC1111's program converts its own; ``clip_l`` and ``clip_g`` for Stable
Diffusion XL; one tensor under any name, (n, width) or (width,), as diffusers' training saves it.
"""

from dataclasses import dataclass
from pathlib import Path

from core.errors import ModelBroken
from core.files.safetensors_header import read_safetensors_header
from core.lora.file import name_of_width

SUFFIX = ".safetensors"
_OF_XL = ("clip_l", "clip_g")


@dataclass(frozen=True, slots=True)
class EmbeddingFile:
    """The facts in an embedding's header.

    Attributes:
        name: what prompts call it: the file's name without its ending.
        vectors: how many tokens it takes the place of.
        tensors: their names in the file, in the order of a model's text encoders.
        widths: of the vectors of each.
    """

    path: Path
    name: str
    vectors: int
    tensors: tuple[str, ...]
    widths: tuple[int, ...]

    @property
    def made_for(self) -> str:
        """Returns the kind of model, as users know it: by the width of the text that its network reads."""
        return name_of_width(sum(self.widths))


def read_embedding(path: Path) -> EmbeddingFile:
    """Checks the header. Raises ModelBroken when it is no embedding, or damaged."""
    tensors = read_safetensors_header(path).tensors
    names = _OF_XL if set(_OF_XL) <= tensors.keys() else tuple(tensors)
    shapes = [tensors[name].shape for name in names]
    sizes = {shape[0] if len(shape) == 2 else 1 for shape in shapes}
    is_one = len(names) == 1 or names == _OF_XL
    if not is_one or len(sizes) != 1 or 0 in sizes or not all(1 <= len(shape) <= 2 for shape in shapes):
        raise ModelBroken(path, "it is not an embedding: one set of vectors, or two for Stable Diffusion XL")
    return EmbeddingFile(path, path.stem, sizes.pop(), names, tuple(shape[-1] for shape in shapes))
