"""Sentences about LoRAs: in their rows, their menu and above the canvas."""

from collections.abc import Sequence

from app.messages.errors import Message
from core.embeddings.file import EmbeddingFile
from core.families import in_words
from core.language.words import plural, quoted, tr
from core.lora.file import LoraFile
from core.lora.library import FoundLora
from core.lora.usage import LoraUsage
from core.runs.events import LoraDiffers, LoraInPart


def misfit(made_for: str, kind: str) -> str:
    """Returns the reason why a LoRA does not fit a model; both kinds by name."""
    return tr("made for {made_for}, not for {kind}", made_for=made_for, kind=kind)


def not_here(names: Sequence[str]) -> str:
    """Returns a sentence about LoRAs of a recipe that were not found; "" for none."""
    if not names:
        return ""
    return plural(
        "The LoRA {names} is not on this computer; everything else is in place.",
        "The LoRAs {names} are not on this computer; everything else is in place.",
        len(names),
        names=in_words([quoted(name) for name in names]),
    )


def differs(event: LoraDiffers) -> Message:
    """Returns the message that a file of the right name has other content."""
    return Message(
        tr("“{name}” is another file than in the recipe", name=event.name),
        tr(
            "The recipe was made with a LoRA of this name with the hash {asked}; the file here has "
            "{found}. The picture will differ.",
            asked=event.asked,
            found=event.found,
        ),
        tr("It is used all the same; the file is {path}.", path=event.path),
    )


def acts_in_part(event: LoraInPart) -> Message:
    """Returns the message that only a part of a LoRA acts on the model."""
    return Message(
        tr("“{name}” acts in part only", name=event.name),
        tr("Of the LoRA “{name}”, {describe}.", name=event.name, describe=event.usage.describe()),
        tr("The picture is made without the rest of the file, which is {path}.", path=event.path),
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
        lines.append(tr("Cannot be used: {problem}", problem=found.problem))
    else:
        lines.append(
            tr(
                "{kind} for {made_for}",
                kind=file.kind[0].upper() + file.kind[1:],
                made_for=file.made_for or tr("a model that it does not name"),
            )
        )
        layers = tr("Layers: {layers}", layers=file.usage.layers)
        lines.append(f"{layers}; {partly(file.usage)}" if file.usage.left_out else layers)
        if file.words:
            lines.append(tr("Trigger words: {words}", words=", ".join(file.words)))
    return "\n".join((*lines, str(found.path)))


def offer(files: Sequence[LoraFile], taken: frozenset[str]) -> Message:
    """Returns the question where dropped LoRAs shall lie."""
    if len(files) == 1:
        one = files[0]
        title = (
            tr("“{name}” is {kind} for {made_for}", name=one.name, kind=one.kind, made_for=one.made_for)
            if one.made_for
            else tr("“{name}” is {kind}", name=one.name, kind=one.kind)
        )
    else:
        title = tr("{count} LoRAs were dropped", count=len(files))
    if taken:
        names = ", ".join(quoted(name) for name in sorted(taken))
        return Message(
            title, tr("Another LoRA has the name {names} already; the copy gets a number.", names=names)
        )
    where = plural(
        "Copy it into your LoRA folder, or use it where it is.",
        "Copy them into your LoRA folder, or use them where they are.",
        len(files),
    )
    return Message(title, where)


def misfit_notice(name: str, objection: str) -> Message:
    """Returns the message that a LoRA is present but does not fit the chosen model."""
    return Message(
        tr("“{name}” is not for this model", name=name),
        tr("It is {objection}.", objection=objection),
        tr("It can be chosen when a model that it fits is."),
    )


def embeddings_taken(files: Sequence[EmbeddingFile]) -> Message:
    """Returns the message about embeddings that were added."""
    named = ", ".join(f"{quoted(file.name)} ({file.made_for})" for file in files)
    return Message(
        plural("Ready: a prompt can use it now", "Ready: a prompt can use them now", len(files)),
        tr("Embeddings act where a prompt says their names: {named}.", named=named),
        tr("They are read where they are, and suggested while you type."),
    )
