"""The header of a file of weights, safetensors or GGUF, whichever it is."""

from pathlib import Path

from core.errors import ModelBroken
from core.files.atomic import words_of
from core.files.gguf_header import MAGIC, read_gguf_header
from core.files.safetensors_header import SafetensorsHeader, read_safetensors_header
from core.files.stamps import stamp_of
from core.language.words import tr

SUFFIXES = (".safetensors", ".sft", ".gguf")
"""Of files of weights, in lower case."""


def read_header(path: Path) -> SafetensorsHeader:
    """Reads and checks the header of either format, told by its first bytes. Raises ModelBroken."""
    return read_gguf_header(path) if is_gguf(path) else read_safetensors_header(path)


def is_gguf(path: Path) -> bool:
    """Returns True for a GGUF file, whatever its name."""
    try:
        if not path.is_file():  # a pipe would block
            return path.suffix.lower() == ".gguf"
        with path.open("rb", buffering=0) as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return False


def read_bytes(header: SafetensorsHeader, name: str, most: int) -> bytes:
    """Returns the content of a small tensor, such as a text. Raises ModelBroken, also where it has more bytes."""
    entry = header.tensors[name]
    if entry.end - entry.begin > most:
        raise ModelBroken(header.path, tr("tensor {name!r} has more bytes than are expected", name=name[:80]))
    try:
        with header.path.open("rb", buffering=0) as file:
            file.seek(header.begin + entry.begin)
            content = file.read(entry.end - entry.begin)
            if stamp_of(file.fileno()) != header.stamp:
                raise ModelBroken(header.path, tr("its content has changed since it was read"))
    except OSError as error:
        raise ModelBroken(header.path, tr("it cannot be read ({strerror})", strerror=words_of(error))) from error
    return content
