"""The account of a LoRA file: how many of its layers act on a model, and what became of the others."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from core.checkpoints.lora_keys import INCOMPLETE, SUPPORTED, UNKNOWN, LoraLayer
from core.language.words import tr
from core.lora.names import is_of_encoder

OTHER_SIZE, NOT_NUMBERS = tr("of another size"), tr("with values that are not numbers")
_PHRASES = {
    INCOMPLETE: tr("that lack a part"),
    UNKNOWN: tr("of an unknown kind"),
    "embedding": tr("that are embeddings"),
    "replaced weights": tr("that replace weights"),
}


@dataclass(frozen=True, slots=True)
class LoraUsage:
    """The layers of one file.

    Attributes:
        layers: in the file. left_out: how many of them do not act, by the reason: ``(("of OFT", 12),)``.
    """

    layers: int
    left_out: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, layers: int, reasons: Iterable[str]) -> "LoraUsage":
        """``reasons``: one for each layer that is left out."""
        return cls(layers, tuple(Counter(reasons).most_common()))

    @property
    def applied(self) -> int:
        """Returns how many layers act."""
        return self.layers - sum(count for _, count in self.left_out)

    def describe_left_out(self) -> str:
        """Returns what does not act: ``"12 of OFT, 3 of the text encoder"``, "" for nothing."""
        return ", ".join(f"{count} {reason}" for reason, count in self.left_out)

    def describe(self) -> str:
        """Returns the account as a phrase: ``"96 of 111 layers applied; left out: 12 of OFT, …"``."""
        left_out = (
            tr("; left out: {describe_left_out}", describe_left_out=self.describe_left_out())
            if self.left_out
            else ""
        )
        return tr(
            "{applied} of {layers} layers applied{left_out}",
            applied=self.applied,
            layers=self.layers,
            left_out=left_out,
        )


def unsupported(layer: LoraLayer) -> str:
    """Returns the reason why a layer acts on no model at all, or ""."""
    if layer.method in SUPPORTED or is_bundled(layer):
        return ""
    return _PHRASES.get(layer.method, f"of {layer.kind}")


def is_bundled(layer: LoraLayer) -> bool:
    """Returns True for an embedding beside the layers: it acts where a prompt says its name."""
    return layer.method == "embedding" and layer.name.startswith("bundle_emb.")


def absent(layer: LoraLayer) -> str:
    """Returns the reason for a layer that the model does not have."""
    return tr("of the text encoder") if is_of_encoder(layer.name) else tr("that the model does not have")
