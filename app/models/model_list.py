"""Makes the cards: of the models that are here, those that can be fetched, and those on their way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path

from app.messages.training import training_text
from app.models.card import CardFacts
from app.models.download_dialog import model_size_text
from app.models.download_state import DownloadState
from app.models.fit import Level, fit_of
from app.models.part_rows import missing_in, parts_of
from app.session.device import ChosenDevice
from core.autoencoders.file import AutoencoderFile
from core.checkpoints.weights import SHORT_HASH
from core.downloads.record import read_record
from core.families import FAMILIES, in_words, part_name
from core.files.sizes import size_text
from core.files.stamps import stamp_of
from core.language.words import tr
from core.lora.library import FoundLora
from core.models.catalogue import Model, RefusedModel
from core.models.downloadable import PREVIEWS, KnownModel, known_parts
from core.models.folders import key_of
from core.models.memory_plan import computer_memory
from core.request.request import Size


def all_cards(
    installed: Iterable[Model],
    refused: Iterable[RefusedModel],
    known: Iterable[KnownModel],
    downloads: Mapping[str, DownloadState],
    model_folders: tuple[Path, ...],
    device: ChosenDevice | None,
    endpoint: str,
) -> tuple[CardFacts, ...]:
    """Returns the installed ones first, then those that cannot be used, then those on their way."""
    entries = {model.key: model for model in known}
    cards = {model.key: _installed(model, entries.get(model.key), model_folders, endpoint) for model in installed}
    broken = {key_of(one.path) if one.is_away or one.path.is_file() else one.path.name: one for one in refused}
    memory = computer_memory()
    for model in entries.values():
        if model.key not in cards:
            fit = fit_of(model, device, memory)
            wants = (
                tr("{memory_bytes} GB of graphics memory", memory_bytes=model.memory_bytes // 10**9)
                if model.memory_bytes
                else ""
            )
            facts = (
                model.family_name,
                Size.parse(model.size).words,
                tr("{steps} steps", steps=model.steps),
                "" if model.files and model.download_bytes is None else model_size_text(model),
                _parts_text(model),
                wants,
            )
            cards[model.key] = CardFacts(
                model.key,
                model.name,
                model.about,
                " · ".join(fact for fact in facts if fact),
                _licence(model),
                f"{endpoint}/{model.repository}",
                fit.sentence,
                fit.level,
                is_installed=False,
                problem=_problem(broken[model.key]) if model.key in broken else "",
                place=broken[model.key].path if model.key in broken else None,
                parts=missing_in(broken[model.key], None) if model.key in broken else (),
            )
    for key, one in broken.items():
        if key not in cards and key not in downloads:
            is_own = one.path.parent == model_folders[0] and not one.is_away
            removable = one.path if is_own else None
            about, problem = tr("In {parent}", parent=one.path.parent), _problem(one)
            parts = missing_in(one, _bringing(entries.values(), one.family))
            cards[key] = CardFacts(
                key,
                one.path.name,
                about,
                removable=removable,
                problem=problem,
                is_away=one.is_away,
                place=one.path,
                parts=parts,
            )
    for key, state in downloads.items():
        if key not in cards:
            about, page = (
                tr("From the repository {repository}.", repository=state.repository),
                f"{endpoint}/{state.repository}",
            )
            cards[key] = CardFacts(key, key, about, page=page)
    ordered = sorted(cards.values(), key=lambda card: (not card.problem, card.key not in downloads))
    return tuple(sorted(ordered, key=lambda card: not card.is_installed))


def _parts_text(model: KnownModel) -> str:
    """Returns the size of the parts that a network works with, as far as all are known."""
    sizes = [part.download_bytes for part in model.parts]
    known = [size for size in sizes if size is not None]
    is_known = bool(known) and len(known) == len(sizes)
    return tr("with parts of {size}", size=size_text(sum(known))) if is_known else ""


def _bringing(known: Iterable[KnownModel], family: str) -> KnownModel | None:
    """Returns a whole model of a family, which brings all parts."""
    return next((model for model in known if model.family == family and not model.files), None)


def _problem(refused: RefusedModel) -> str:
    return f"{refused.reason}." if refused.is_away else tr("Cannot be used: {reason}.", reason=refused.reason)


def matches(card: CardFacts, text: str) -> bool:
    """Returns True when the card says every word of the search."""
    said = f"{card.key} {card.name} {card.about} {card.facts} {card.licence}".casefold()
    return all(word in said for word in text.casefold().split())


def _installed(
    model: Model, entry: KnownModel | None, model_folders: tuple[Path, ...], endpoint: str
) -> CardFacts:
    record = read_record(model.folder) if model.file is None else None
    repository = record.repository if record is not None else entry.repository if entry is not None else ""
    defaults = model.defaults
    facts = (
        FAMILIES[model.family].name,
        defaults.size.words,
        tr("{steps} steps", steps=defaults.steps),
        _hash(model),
    )
    return CardFacts(
        model.key,
        model.name,
        model.about
        or (
            tr("From the repository {repository}.", repository=repository)
            if repository
            else tr("In {parent}", parent=model.place.parent)
        ),
        " · ".join(fact for fact in facts if fact),
        _licence(entry) if entry is not None else "",
        f"{endpoint}/{repository}" if repository else "",
        "",
        Level.fits,
        is_installed=True,
        removable=model.place if model.place.parent == model_folders[0] else None,  # others are other programs'
        can_verify=record is not None,
        can_mend=model.folder == model_folders[0] / model.key,
        training=training_text(model),
        value=model.name,
        place=model.place,
        parts=parts_of(model),
        undecided=model.undecided,
    )


def part_cards(folder: Path, downloads: Collection[str], endpoint: str) -> Iterator[CardFacts]:
    """Yields the cards of parts that can be downloaded by themselves, without those that were or are."""
    for part in known_parts().values():
        if part.key in downloads or part.is_in(folder):
            continue
        families = in_words([FAMILIES[family].name for family in part.fits])
        is_tiny = part.part == PREVIEWS
        name = tr("tiny autoencoder for sharp previews") if is_tiny else part_name(part.part)
        named = f"{name[0].upper()}{name[1:]}"
        about = tr("{part} of {families}", part=named, families=families)
        yield CardFacts(
            part.key,
            part.key,
            about,
            "" if part.download_bytes is None else model_size_text(part),
            tr("Licence: {licence}{gate}", licence=part.licence, gate=""),
            f"{endpoint}/{part.repository}",
            kind="autoencoder" if is_tiny or part.part == "vae" else "model",
        )


def lora_cards(loras: Iterable[FoundLora], objection: Callable[[FoundLora], str] | None) -> Iterator[CardFacts]:
    """Yields the cards of LoRAs; ``objection`` says why one does not fit the chosen model."""
    for lora in loras:
        file = lora.file
        facts = () if file is None else (file.kind.removeprefix("a "), file.made_for, file.usage.describe())
        words = (
            tr("Trigger words: {words}.", words=", ".join(file.words)) if file is not None and file.words else ""
        )
        problem = tr("Cannot be used: {problem}.", problem=lora.problem) if file is None else ""
        fit = objection(lora) if objection is not None else ""
        yield CardFacts(
            tr("lora {name}", name=lora.name),
            lora.name,
            words,
            " · ".join(fact for fact in (*facts, size_text(lora.stamp[0])) if fact),
            tr("In {parent}", parent=lora.path.parent),
            fit=f"{fit[0].upper()}{fit[1:]}." if fit and not problem else "",
            is_installed=file is not None,
            problem=problem,
            kind="lora",
            value=lora.name,
            place=lora.path,
        )


def autoencoder_cards(files: Iterable[AutoencoderFile], fitting: Collection[str]) -> Iterator[CardFacts]:
    """Yields the cards of autoencoders; ``fitting`` names those that fit the chosen model."""
    for file in files:
        does_fit = file.name in fitting
        yield CardFacts(
            tr("autoencoder {name}", name=file.name),
            file.name,
            "",
            " · ".join(("autoencoder (VAE)", file.space.name, size_text(stamp_of(file.weights)[0]))),
            tr("In {parent}", parent=file.path.parent),
            fit="" if does_fit else tr("Made for other models than the chosen one."),
            is_installed=True,
            kind="autoencoder",
            value=file.name,
            place=file.path,
        )


def _hash(model: Model) -> str:
    """Returns the model's hash in the form of recipes."""
    return f"SHA-256 {model.sha256[:SHORT_HASH]}…" if model.sha256 else ""


def _licence(model: KnownModel) -> str:
    gate = tr("; to be accepted on its page first") if model.is_gated else ""
    return (
        tr("Licence: {licence}{gate}", licence=model.licence, gate=gate)
        if model.licence
        else tr("See the licence on its page before downloading.")
    )
