"""The models known and found on disk, with the defaults and limits each one works well with.

Reads only small configuration files, in milliseconds. `core.engine.families` loads the weights.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from core.autoencoders.file import AutoencoderLibrary
from core.autoencoders.tiny import TinyAutoencoderLibrary
from core.checkpoints.beside import said_beside
from core.checkpoints.cache import FILE_NAME, CheckpointCache
from core.checkpoints.weights import files_of, weights_of
from core.control.library import ControlLibrary
from core.embeddings.library import EmbeddingLibrary
from core.errors import ModelBroken, ModelMissing, NotAModel
from core.families import FAMILIES, optional_parts
from core.families.spec import CheckpointKind
from core.files.weights_header import SUFFIXES
from core.lora.library import LoraLibrary
from core.models.away import is_called, models_away
from core.models.downloadable import KnownModel, KnownPart
from core.models.folders import FixedPlaces, Places, family_in, key_of, models_in, part_files_in
from core.models.lending import check_built, check_parts, folder_to_lend, missing_told
from core.models.model import Model
from core.models.parts import NO_PARTS, AtHand, Wanted, check_part, find_parts, found_in, wanted_by, weights_at
from core.models.reading import read_model
from core.models.told_folders import with_told
from core.paths import Folders, resources
from core.request.request import STARTER_MODEL
from core.request.traits import Said, traits_from_text
from core.wildcards.library import WildcardLibrary


@dataclass(frozen=True, slots=True)
class RefusedModel:
    """A file or folder with a model which cannot be used, the reason, and the parts that its family misses.

    One that ``is_away`` is in a folder that is not there now.
    """

    path: Path
    reason: str
    missing: Mapping[str, str] = field(default_factory=dict[str, str])
    family: str = ""
    is_away: bool = False


@dataclass(frozen=True, slots=True)
class FoundModels:
    """The models at some places: those that can be used, the others, and those on other computers alone.

    Attributes:
        lacking: by the addresses of other computers, the keys of ``models`` that they have told not to have.
    """

    models: tuple[Model, ...] = ()
    refused: tuple[RefusedModel, ...] = ()
    elsewhere: tuple[Model, ...] = ()
    lacking: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])


class Catalogue:
    """The models that ship with the program and those in the user's model folders.

    Attributes:
        memory: what is known of single files from an earlier look.
        sources: the folder for copies of pictures that runs work with.
    """

    def __init__(
        self,
        places: tuple[Path, ...] | Callable[[], Places],
        memory: CheckpointCache | None = None,
        layouts: Path | None = None,
        sources: Path | None = None,
        weights: Callable[[], Mapping[str, tuple[str, int]]] = dict,
    ) -> None:
        """Looks in these folders, which may also be models themselves, single files included.

        Args:
            places: folders with models; or what returns the places that hold now, which is asked at each look.
            layouts: the folder with configurations for single files; by default the one that ships.
            sources: the folder for copies of pictures that runs work with; None to keep none.
            weights: SHA-256 and size of models that are asked for by keys of another computer; here the same
                weights may have another name, and other weights that name.
        """
        self._weights = weights
        self.memory = memory or CheckpointCache()
        self.places = places if callable(places) else lambda: FixedPlaces(places)
        self.sources = sources
        self._layouts = layouts or resources() / "families"

    @property
    def loras(self) -> LoraLibrary:
        """Returns the LoRA files in the folders, beside them, and in places of their own."""
        return LoraLibrary((places := self.places()).model_folders, places.lora_places, self.memory)

    @property
    def embeddings(self) -> EmbeddingLibrary:
        """Returns the embeddings around the folders, and in places of their own."""
        return EmbeddingLibrary((places := self.places()).model_folders, places.embedding_places, self.memory)

    @property
    def wildcards(self) -> WildcardLibrary:
        """Returns the wildcards around the folders, as they are at its first use."""
        return WildcardLibrary(self.places().model_folders)

    @property
    def autoencoders(self) -> AutoencoderLibrary:
        """Returns the autoencoders in the folders, beside them, and in places of their own."""
        places = self.places()
        folders, own = places.model_folders, self.own_autoencoders
        return AutoencoderLibrary(folders, self.memory, places.autoencoder_places, own)

    @property
    def controls(self) -> ControlLibrary:
        """Returns the ControlNets and T2I-Adapters around the folders."""
        return ControlLibrary(self.places().model_folders, self.memory)

    @property
    def tiny_autoencoders(self) -> TinyAutoencoderLibrary:
        """Returns the autoencoders for sharp previews in the folders and beside them."""
        return TinyAutoencoderLibrary(self.places().model_folders)

    def find_all(self) -> FoundModels:
        """Returns all models, the starter model first. Reads the headers of files that are new."""
        found = self._read_all(self._candidates())
        self.memory.save()
        return found

    def models(self) -> tuple[Model, ...]:
        """Returns the models that can be used, as `find_all` does."""
        return self.find_all().models

    def remembered(self) -> tuple[FoundModels, bool]:
        """Returns the models of which nothing has to be read first, and True when there are others."""
        paths = self._candidates()
        known = [path for path in paths if path.suffix.lower() not in SUFFIXES or self.memory.knows(path)]
        return self._read_all(known), len(known) < len(paths)

    def _read_all(self, paths: list[Path]) -> FoundModels:
        at_hand = cache(self._at_hand)
        found: dict[str, Model] = {}
        refused: list[RefusedModel] = []
        for path in paths:
            key = key_of(path)
            try:
                model = self.read(path, key if key not in found else str(path), at_hand)
            except NotAModel:
                continue  # a LoRA or an autoencoder beside the models
            except ModelBroken as error:
                refused.append(RefusedModel(path, error.reason, *missing_told(error)))
                continue
            found[model.key] = model
        away = models_away(self.places().model_folders, self.memory)
        refused += (RefusedModel(path, reason, is_away=True) for path, reason in away)
        return FoundModels(tuple(found.values()), tuple(refused))

    def find(self, model: str) -> Model:
        """Returns the model with this key, or in this place. Raises ModelMissing or ModelBroken."""
        wanted = self._weights().get(model)
        for path in self._candidates():
            if self._is_of(path, wanted) if wanted is not None else model in (path.name, key_of(path)):
                return self.read(path, model)
        if model and "\0" not in model and Path(model).exists():
            return self.read(Path(model), model)
        for path, reason in models_away(self.places().model_folders, self.memory):
            if is_called(path, model):
                raise ModelBroken(path, reason)
        raise ModelMissing(model, tuple(known.key for known in self.models()))

    def read(self, path: Path, key: str, at_hand: Callable[[], AtHand] | None = None) -> Model:
        """Describes a diffusers folder or a single file. Raises ModelBroken.

        ``at_hand`` returns all that parts come from; without it that is looked for.
        """
        if path.is_dir():
            model = read_model(path, key)
            for part in FAMILIES[model.family].parts:
                if part not in model.without:
                    files_of(path / part)
            files = sorted((path / FAMILIES[model.family].network).glob("*.safetensors"))
            chosen = self._chosen(next(filter(None, map(self.memory.sha256_if_known, files)), ""))
            return read_model(path, key, chosen) if chosen["user"] else model
        kind = self.memory.kind_of(path)
        at_hand = at_hand or cache(self._at_hand)
        parts = NO_PARTS
        if wanted_by(kind):
            parts = find_parts(kind, at_hand(), self.memory, self._chosen_parts(path.stem))
            check_parts(path, kind, parts)
        folder = self._layouts / kind.layout if kind.layout else self._lent(path, kind, at_hand().folders)
        check_built(path, kind, folder)
        sha256 = self.memory.sha256_if_known(path)
        said = {**kind.said, "yaml": said_beside(path), **self._chosen(sha256)}
        model = read_model(folder, key, said, kind)
        return replace(
            model,
            name=model.name if model.is_listed else path.stem,
            file=path,
            parts=parts,
            without=tuple(
                part for part in optional_parts(FAMILIES[kind.family]) if part not in (*kind.parts, *parts.places)
            ),
            max_tokens=kind.positions or model.max_tokens,
            has_autoencoder=not kind.layout or "vae" in (*kind.parts, *parts.places),
            sha256=sha256,
        )

    def check_part(self, model: Path, part: str, place: Path) -> None:
        """Checks a part that is to be chosen for a model's file. Raises WrongPart or ModelBroken."""
        check_part(self.memory.kind_of(model), model.stem, part, place, self.memory)

    def folders(self) -> Iterator[Path]:
        """Returns the diffusers folders among the places."""
        return (path for path in self._candidates() if path.is_dir())

    def own_autoencoders(self) -> Iterator[Path]:
        """Returns the folders of autoencoders in the diffusers folders."""
        return (folder / "vae" for folder in self.folders())

    def identified(self, model: Model) -> Model:
        """Returns the model with the SHA-256 of its network's weights, which are read now if they never were.

        By it the user's choices for the file are known; those of its parts are read too. Raises ModelBroken.
        """
        sha256, *_ = map(self.memory.sha256_of, hashed_files(model))
        return replace(self.read(model.place, model.key), sha256=sha256)

    def sha256_if_known(self, model: Model) -> str:
        """Returns the hash of an earlier look, or ""; nothing large is read."""
        try:
            return self.memory.sha256_if_known(hashed_file(model))
        except ModelBroken:
            return ""

    def lacking(self, network: KnownModel) -> tuple[KnownPart, ...]:
        """Returns the parts of a network that can be downloaded for which nothing fits among the files here."""
        at_hand, family = self._at_hand(), FAMILIES[network.family]
        wanted = ((one, Wanted(family, one.fits[family.key], one.width)) for one in network.parts)
        return tuple(one for one, want in wanted if not at_hand.fitting(want))

    def weights_if_known(self, key: str) -> tuple[str, int] | None:
        """Returns SHA-256 and size of a model's weights, by which another computer finds them under any name."""
        try:
            file = hashed_file(self.find(key))
            return (sha256, file.stat().st_size) if (sha256 := self.memory.sha256_if_known(file)) else None
        except (ModelMissing, ModelBroken, OSError):
            return None

    def _is_of(self, path: Path, weights: tuple[str, int]) -> bool:
        """Returns True for the model of these weights; those of their size are read as a whole once."""
        try:
            file = path if path.is_file() else weights_of(path / family_in(path).network)[0]
            return file.stat().st_size == weights[1] and self.memory.sha256_of(file) == weights[0]
        except (ModelBroken, OSError):
            return False

    def _chosen(self, sha256: str) -> Said:
        return {"user": traits_from_text(self.places().model_traits.get(sha256, ""))}

    def _lent(self, path: Path, kind: CheckpointKind, folders: tuple[Path, ...]) -> Path:
        """Returns a folder with the configurations for a file: of an installed model, or the one that ships."""
        shipped = self._layouts / kind.family
        return folder_to_lend(path, kind, (*folders, *((shipped,) if shipped.is_dir() else ())))

    def _at_hand(self) -> AtHand:
        files = part_files_in(self.places().model_folders)
        return AtHand(self.folders(), ((place, found_in(place, self.memory)) for place in files), self.memory)

    def _chosen_parts(self, key: str) -> Mapping[str, str]:
        chosen = self.places().model_parts
        return {name.removeprefix(f"{key}/"): path for name, path in chosen.items() if name.startswith(f"{key}/")}

    def _candidates(self) -> list[Path]:
        places = (resources() / STARTER_MODEL, *self.places().model_folders)
        return [path for place in places for path in models_in(place)]


def users_catalogue(folders: Folders, places: Callable[[], Places]) -> Catalogue:
    """Returns the models and add-ons in the places of the settings, with facts from earlier looks."""
    memory, sources = CheckpointCache(folders.cache / FILE_NAME), folders.sources
    return Catalogue(lambda: with_told(places()), memory, sources=sources)


def hashed_files(model: Model) -> tuple[Path, ...]:
    """Returns `hashed_file`, and the one of each part that comes from elsewhere. Raises ModelBroken."""
    return (hashed_file(model), *map(weights_at, model.parts.places.values()))


def hashed_file(model: Model) -> Path:
    """Returns the file whose SHA-256 stands for the model, its single one or its network's. Raises ModelBroken."""
    if model.file is not None:
        return model.file
    return weights_of(model.folder / FAMILIES[model.family].network)[0]
