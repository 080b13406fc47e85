"""The size of a model's weights: their numbers, and their bytes in a precision or packed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from core.families.spec import FamilySpec

BYTES_OF_DTYPE: Mapping[str, int] = MappingProxyType({"float32": 4, "bfloat16": 2, "float16": 2})

QUANTISED_BLOCK = 32
"""Packed weights that share a scale, see `core.engine.weights.quantisation`."""


_UNPACKED_AT_ONCE = 2**23
"""Values that are unpacked in one go, see `core.engine.weights.forms`; some of each at a time, in float32."""


@dataclass(frozen=True, slots=True)
class PackedBytes:
    """The weights that stay as a file has packed them.

    Attributes:
        text, network: bytes.
        largest: values of the largest one, which each call of its layer unpacks.
    """

    text: int = 0
    network: int = 0
    largest: int = 0

    def work(self, value_bytes: int) -> int:
        """Returns the bytes that unpacking one layer at a time needs."""
        return value_bytes * self.largest + 3 * 4 * min(self.largest, _UNPACKED_AT_ONCE)


@dataclass(frozen=True, slots=True)
class ModelWeights:
    """Numbers of parameters of a model's parts, and the bytes of those that its files have packed.

    ``beside`` are those of the networks for control that a request names.
    """

    text_encoders: int
    network: int
    autoencoder: int
    packed: PackedBytes = PackedBytes()
    beside: int = 0

    @property
    def without_text(self) -> ModelWeights:
        """Returns those of a model whose text encoders are not loaded."""
        return replace(self, text_encoders=0, packed=replace(self.packed, text=0))


@dataclass(frozen=True, slots=True)
class BytesPerValue:
    """The autoencoder of some families stays in float32 where the network is in float16."""

    network: int
    autoencoder: int

    @classmethod
    def of(cls, family: FamilySpec, dtype: str) -> BytesPerValue:
        is_upcast = family.upcasts_autoencoder and dtype == "float16"
        return cls(BYTES_OF_DTYPE[dtype], BYTES_OF_DTYPE["float32" if is_upcast else dtype])


@dataclass(frozen=True, slots=True)
class WeightBytes:
    """The bytes of the parts' weights."""

    text: int
    network: int
    autoencoder: int
    beside: int = 0

    @classmethod
    def of(cls, weights: ModelWeights, values: BytesPerValue, weight_bits: int | None) -> WeightBytes:
        each: float = values.network
        if weight_bits is not None:
            shared = values.network * (1 if weight_bits == 8 else 2)
            each = weight_bits / 8 + shared / QUANTISED_BLOCK
        text, network = (int(each * count) for count in (weights.text_encoders, weights.network))
        packed = weights.packed
        autoencoder, beside = values.autoencoder * weights.autoencoder, values.network * weights.beside
        return cls(text + packed.text, network + packed.network, autoencoder, beside)

    @property
    def all(self) -> int:
        return self.text + self.network + self.autoencoder + self.beside
