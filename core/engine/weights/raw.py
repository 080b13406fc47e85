"""Reads tensors of files into memory of their own.

Files are read and not mapped: one that is cut off while it is mapped ends the process, and Windows lets nobody
delete it. The place in memory does not depend on the file: MKL adds up in another order for weights at odd
addresses.
"""

import errno
from typing import Any, cast

import torch

from core.errors import ModelBroken
from core.files.safetensors_header import SafetensorsHeader
from core.files.stamps import stamp_of
from core.language.words import tr

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "BOOL": torch.bool,
}
"""By the names of safetensors; the bytes of other types are given as they are."""


def read_tensor(header: SafetensorsHeader, name: str) -> torch.Tensor:
    """Reads one tensor.

    Raises ModelBroken where the file is not the one any more whose header this is, OSError or ValueError.
    """
    entry = header.tensors[name]
    dtype = DTYPES.get(entry.dtype, torch.uint8)
    tensor = torch.empty(entry.shape, dtype=dtype)
    if tensor.nbytes != entry.end - entry.begin:
        raise ValueError(f"{name} is of the dtype {entry.dtype}")
    _fill(header, name, tensor.reshape(-1).view(torch.uint8))
    return tensor


def read_raw(header: SafetensorsHeader, name: str) -> torch.Tensor:
    """Reads the bytes of a tensor, uint8 (bytes,). Raises as `read_tensor` does."""
    entry = header.tensors[name]
    content = torch.empty(entry.end - entry.begin, dtype=torch.uint8)
    _fill(header, name, content)
    return content


def _fill(header: SafetensorsHeader, name: str, content: torch.Tensor) -> None:
    rest = memoryview(cast("Any", content.numpy()))
    with header.path.open("rb", buffering=0) as file:
        file.seek(header.begin + header.tensors[name].begin)
        while rest:  # one call reads 2 GB at most
            count = file.readinto(rest)
            if not count:
                raise OSError(errno.EIO, tr("it has been cut off meanwhile"))
            rest = rest[count:]
        if stamp_of(file.fileno()) != header.stamp:  # asked last: it may change while it is read
            raise ModelBroken(header.path, tr("its content has changed since it was loaded; start the run again"))
