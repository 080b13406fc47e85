"""Sentences about LoRAs: in their rows, their menu and above the canvas."""

from collections.abc import Sequence

from app.messages.errors import Message
from core.embeddings.file import EmbeddingFile
from core.lora.file import LoraFile
from core.lora.library import FoundLora
from core.lora.usage import LoraUsage
from core.runs.events import LoraDiffers, LoraInPart


def misfit(made_for: str, kind: str) -> str:
    """Returns the reason why a LoRA does not fit a model; both kinds by name."""
    return f"made for {made_for}, not for {kind}"


def not_here(names: Sequence[str]) -> str:
    """Returns a sentence about LoRAs of a recipe that were not found; "" for none."""
    if not names:
        return ""
    told = [f"“{name}”" for name in names]
    words = told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
    verb, noun = ("is", "LoRA") if len(told) == 1 else ("are", "LoRAs")
    return f"The {noun} {words} {verb} not on this computer; everything else is in place."


def differs(event: LoraDiffers) -> Message:
    """Returns the message that a file of the right name has other content."""
    return Message(
        f"“{event.name}” is another file than in the recipe",
        f"The recipe was made with a LoRA of this name with the hash {event.asked}; the file here has "
        f"{event.found}. The picture will differ.",
        f"It is used all the same; the file is {event.path}.",
    )


def acts_in_part(event: LoraInPart) -> Message:
    """Returns the message that only a part of a LoRA acts on the model."""
    return Message(
        f"“{event.name}” acts in part only",
        f"Of the LoRA “{event.name}”, {event.usage.describe()}.",
        f"The picture is made without the rest of the file, which is {event.path}.",
    )


def partly(usage: LoraUsage) -> str:
    """Returns the note that a row has for a file of which not all acts; "" when all does."""
    text = usage.describe()
    return f"{text}." if usage.left_out else ""


def about(found: FoundLora) -> str:
    """Returns the facts about a file, for its tooltip."""
    file = found.file
    lines = [found.name]
    if file is None:
        lines.append(f"Cannot be used: {found.problem}")
    else:
        lines.append(
            f"{file.kind[0].upper()}{file.kind[1:]} for {file.made_for or 'a model that it does not tell'}"
        )
        lines.append(f"Layers: {file.usage.layers}" + (f"; {partly(file.usage)}" if file.usage.left_out else ""))
        if file.words:
            lines.append(f"Trigger words: {', '.join(file.words)}")
    return "\n".join((*lines, str(found.path)))


def offer(files: Sequence[LoraFile], taken: frozenset[str]) -> Message:
    """Returns the question where dropped LoRAs shall lie."""
    if len(files) == 1:
        kind = f" for {files[0].made_for}" if files[0].made_for else ""
        title, it = f"“{files[0].name}” is {files[0].kind}{kind}", "it"
    else:
        title, it = f"{len(files)} LoRAs were dropped", "they"
    if taken:
        names = ", ".join(f"“{name}”" for name in sorted(taken))
        return Message(title, f"Another LoRA has the name {names} already; the copy gets a number.")
    lies = "lies" if it == "it" else "lie"
    them = "it" if it == "it" else "them"
    return Message(title, f"Copy {them} into your folder of LoRAs, or use {them} where {it} {lies}.")


def misfit_notice(name: str, objection: str) -> Message:
    """Returns the message that a LoRA is present but does not fit the chosen model."""
    return Message(
        f"“{name}” is not for this model", f"It is {objection}.", "It can be chosen when a model that it fits is."
    )


def embeddings_taken(files: Sequence[EmbeddingFile]) -> Message:
    """Returns the message about embeddings that were added."""
    named = ", ".join(f"“{file.name}” ({file.made_for})" for file in files)
    return Message(
        "A prompt can name it now" if len(files) == 1 else "A prompt can name them now",
        f"Embeddings act where a prompt says their names: {named}.",
        "They are read where they lie, and offered while you type.",
    )
