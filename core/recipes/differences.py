"""In what two recipes differ, in short: for the legend of a comparison and the tree of branches."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.request.json_codec import plain_name
from core.request.request import GenerationRequest
from core.request.samplers import SAMPLERS

MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class RecipeDifference:
    """One setting that differs; ``first`` and ``second`` are ready to be read, one of them may be "".

    Texts come from recipes, which come from outside: show them as plain text.
    """

    name: str
    first: str
    second: str

    def __str__(self) -> str:
        if not self.first:
            return f"{self.name} + {self.second}"
        if not self.second:
            return f"{self.name} − {self.first}"
        return f"{self.name} {self.first} → {self.second}"


_SETTINGS: Mapping[str, Callable[[GenerationRequest], str]] = MappingProxyType(
    {
        "guidance": lambda request: f"{request.guidance_scale:g}",
        "sampler": lambda request: SAMPLERS[request.sampler].name,
        "steps": lambda request: str(request.steps),
        "seed": lambda request: "random" if request.seed is None else str(request.seed),
        "size": lambda request: str(request.size).replace("x", " × "),
        "model": lambda request: plain_name(request.model) or "unknown",
        "LoRA": lambda request: (
            ", ".join(f"{lora.key} {lora.weight:g}" for lora in request.active_loras) or "none"
        ),
        "autoencoder": lambda request: request.autoencoder.key if request.autoencoder else "the model's own",
        "weights": lambda request: f"{request.weight_bits} bit" if request.weight_bits else "as they come",
        "source": lambda request: plain_name(request.source.path) or "a picture" if request.source else "none",
        "strength": lambda request: f"{request.source.strength:g}" if request.source else "none",
    }
)


def differences(first: GenerationRequest, second: GenerationRequest) -> tuple[RecipeDifference, ...]:
    """What was set differently, prompts first; of prompts only the words that differ."""
    found: list[RecipeDifference] = []
    for name, before, after in (
        ("prompt", first.prompt, second.prompt),
        ("negative prompt", first.negative_prompt, second.negative_prompt),
    ):
        parts = changed_words(before, after)
        if any(parts):
            found.append(RecipeDifference(name, *(f"“{part}”" if part else "" for part in parts)))
    for name, read in _SETTINGS.items():
        before, after = read(first), read(second)
        if before != after:
            found.append(RecipeDifference(name, before, after))
    return tuple(found)


def changed_words(before: str, after: str) -> tuple[str, str]:
    """What is left of two texts without the words that they begin and end with alike; at most `MOST_WORDS` each.

    Texts that differ in their blanks only are alike.
    """
    first, second = before.split(), after.split()
    begin = _alike(first, second)
    first, second = first[begin:], second[begin:]
    end = _alike(first[::-1], second[::-1])
    return _joined(first[: len(first) - end]), _joined(second[: len(second) - end])


def _alike(first: list[str], second: list[str]) -> int:
    """With how many equal words both begin."""
    pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    return sum(1 for _ in pairs)


def _joined(words: list[str]) -> str:
    return " ".join(words[:MOST_WORDS]) + (" …" if len(words) > MOST_WORDS else "")
