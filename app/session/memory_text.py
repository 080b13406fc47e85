"""Sentences about memory: the placement of a model, and its reasons."""

from collections.abc import Mapping
from types import MappingProxyType

from app.session.memory import Planned
from core.language.words import tr
from core.models.memory_plan import PLACEMENT_WORDS, Placement

PLACEMENTS: Mapping[Placement | None, tuple[str, str]] = MappingProxyType(
    {
        None: (
            tr("Automatic"),
            tr("The fastest of these that fits into the free memory, for each model and size."),
        ),
        Placement.on_device: (
            tr("Everything on the device"),
            tr("The fastest, and needs the most memory."),
        ),
        Placement.drop_encoder: (
            tr("Unload text encoder after use"),
            tr("Saves the text encoder’s share; steps are as fast, and a new prompt takes a moment longer."),
        ),
        Placement.encoder_in_turns: (
            tr("Text encoder and network by turns"),
            tr(
                "Needs as much as the larger of them; steps are as fast, and a new prompt takes some seconds "
                "longer."
            ),
        ),
        Placement.model_offload: (
            tr("One part of the model at a time (model offload)"),
            tr("Needs as much as the largest part; moving the parts costs some seconds for each picture."),
        ),
        Placement.group_offload: (
            tr("A few layers at a time (group offload)"),
            tr("Large models run on small graphics cards; every step takes several times as long."),
        ),
    }
)
"""The choices, with what each costs and gains."""

TILES = (
    tr("Always decode in tiles"),
    tr(
        "Saves memory at the end of large pictures; takes longer, and the picture differs a little. "
        "Otherwise only when memory is low."
    ),
)


WEIGHTS: Mapping[int | None, tuple[str, str]] = MappingProxyType(
    {
        None: (tr("Original precision"), tr("In the precision that the device computes in.")),
        8: (
            tr("8 bit (quantised)"),
            tr(
                "About half the memory of 16-bit weights; steps take a little longer, and the picture differs "
                "slightly."
            ),
        ),
        4: (
            tr("4 bit (quantised)"),
            tr(
                "About a third of the memory of 16-bit weights; steps take a little longer, and the picture "
                "differs."
            ),
        ),
    }
)
"""The choices for the weights of text encoders and network."""

EXPLICIT = tr(
    "Never chosen automatically. Each picture's recipe has it, and using the picture's settings uses it too."
)


def planned_text(planned: Planned) -> str:
    """Returns sentences for the preferences."""
    plan, bits = (
        planned.plan,
        tr(", weights in {weight_bits} bit", weight_bits=planned.weight_bits) if planned.weight_bits else "",
    )
    if not planned.model:
        return tr("The chosen model is not on this computer.")
    if plan is None:
        return tr("How much memory {model} needs is not known.", model=planned.model)
    if planned.is_in_use:
        words = tr("{model}{bits}, loaded. {explain}", model=planned.model, bits=bits, explain=plan.explain())
    else:
        words = tr(
            "{model} at {size}{bits}, not loaded yet. {explain}",
            model=planned.model,
            size=planned.size,
            bits=bits,
            explain=plan.explain(),
        )
    if planned.fallen_back_to is not None:
        words += tr(
            " Memory ran out nevertheless; since then: {placement_words}.",
            placement_words=PLACEMENT_WORDS[planned.fallen_back_to],
        )
    return words


def short_text(planned: Planned) -> str:
    """For the main window: only what is not as fast or as exact as can be; "" otherwise."""
    plan = planned.plan
    if plan is None:
        return _weights_text(planned)
    if planned.fallen_back_to is not None:
        return tr(
            "Memory ran out; now {placement_words}.", placement_words=PLACEMENT_WORDS[planned.fallen_back_to]
        )
    if not plan.fits:
        return tr("May not fit into memory.")
    how = [] if plan.placement is Placement.on_device else [PLACEMENT_WORDS[plan.placement]]
    if plan.tiled_decode:
        how.append(tr("decoded in tiles"))
    words = ", ".join(how)
    placed = f"{words[0].upper()}{words[1:]}." if words else ""
    return " ".join(part for part in (placed, _weights_text(planned)) if part)


def _weights_text(planned: Planned) -> str:
    return tr("Weights in {weight_bits} bit.", weight_bits=planned.weight_bits) if planned.weight_bits else ""
