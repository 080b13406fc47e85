"""Sentences about memory: the placement of a model, and its reasons."""

from collections.abc import Mapping
from types import MappingProxyType

from app.session.memory import Planned
from core.models.memory_plan import PLACEMENT_WORDS, Placement

PLACEMENTS: Mapping[Placement | None, tuple[str, str]] = MappingProxyType(
    {
        None: (
            "Automatic",
            "The fastest of these that fits into the free memory, for each model and size.",
        ),
        Placement.on_device: (
            "Everything on the device",
            "The fastest, and needs the most memory.",
        ),
        Placement.drop_encoder: (
            "Text encoder freed after use",
            "Saves the text encoder’s share; steps are as fast, and a new prompt takes a moment longer.",
        ),
        Placement.encoder_in_turns: (
            "Text encoder and network by turns",
            "Needs as much as the larger of them; steps are as fast, and a new prompt takes some seconds longer.",
        ),
        Placement.model_offload: (
            "One part of the model at a time (model offload)",
            "Needs as much as the largest part; moving the parts costs some seconds for each picture.",
        ),
        Placement.group_offload: (
            "A few layers at a time (group offload)",
            "Large models run on small graphics cards; every step takes several times as long.",
        ),
    }
)
"""The choices, with what each costs and gains."""

TILES = (
    "Always decode in tiles",
    "Saves memory at the end of large pictures; takes longer, and the picture differs a little. Otherwise this is "
    "done only where memory is short.",
)


WEIGHTS: Mapping[int | None, tuple[str, str]] = MappingProxyType(
    {
        None: ("As they come", "In the precision that the device computes in."),
        8: (
            "8 bit (quantised)",
            "About half the memory of 16-bit weights; steps take a little longer, and the picture differs "
            "slightly.",
        ),
        4: (
            "4 bit (quantised)",
            "About a third of the memory of 16-bit weights; steps take a little longer, and the picture differs.",
        ),
    }
)
"""The choices for the weights of text encoders and network."""

EXPLICIT = "Never chosen by itself. It stands in the recipe of each picture, and is taken over with its settings."


def planned_text(planned: Planned) -> str:
    """Returns sentences for the preferences."""
    plan, bits = planned.plan, f", weights in {planned.weight_bits} bit" if planned.weight_bits else ""
    if not planned.model:
        return "The chosen model is not on this computer."
    if plan is None:
        return f"How much memory {planned.model} needs is not known."
    if planned.is_in_use:
        words = f"{planned.model}{bits}, loaded. {plan.explain()}"
    else:
        words = f"{planned.model} at {planned.size}{bits}, not loaded yet. {plan.explain()}"
    if planned.fallen_back_to is not None:
        words += f" Memory ran out nevertheless; since then: {PLACEMENT_WORDS[planned.fallen_back_to]}."
    return words


def short_text(planned: Planned) -> str:
    """For the main window: only what is not as fast or as exact as can be; "" otherwise."""
    plan = planned.plan
    if plan is None:
        return _weights_text(planned)
    if planned.fallen_back_to is not None:
        return f"Memory ran out; now {PLACEMENT_WORDS[planned.fallen_back_to]}."
    if not plan.fits:
        return "May not fit into the memory."
    how = [] if plan.placement is Placement.on_device else [PLACEMENT_WORDS[plan.placement]]
    if plan.tiled_decode:
        how.append("decoded in tiles")
    words = ", ".join(how)
    placed = f"{words[0].upper()}{words[1:]}." if words else ""
    return " ".join(part for part in (placed, _weights_text(planned)) if part)


def _weights_text(planned: Planned) -> str:
    return f"Weights in {planned.weight_bits} bit." if planned.weight_bits else ""
