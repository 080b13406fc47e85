"""The ControlNets and T2I-Adapters that can be used by name: in folders beside the models."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from core.checkpoints.cache import CheckpointCache
from core.control.encoders import find_encoder
from core.control.file import IP_ADAPTER, UNREAD, ControlFile, name_of, pickle_of, read_control
from core.control.types import type_of
from core.errors import ControlBroken, ControlMissing, InvalidRequest
from core.files.pickles import PICKLES
from core.files.weights_in import is_there, weights_in
from core.language.words import tr
from core.request.control import NO_PREPROCESSOR, Control

FOLDER_NAMES = ("controlnet", "ControlNet", "t2i_adapter", "ipadapter", "ip_adapter", "model_patches")
"""In a folder of models, beside it, or beside that: ComfyUI's, AUTOMATIC1111's and InvokeAI's."""

_DEEPEST = 3


class ControlLibrary:
    """Finds networks for control by name. Of two with one name, that in the folder that is named first counts."""

    def __init__(self, model_folders: Iterable[Path], memory: CheckpointCache) -> None:
        model_folders = tuple(model_folders)
        self._usual = tuple(folder / FOLDER_NAMES[0] for folder in model_folders)
        folders = [
            place / name
            for folder in model_folders
            for place in (folder, folder.parent, folder.parent.parent)
            for name in FOLDER_NAMES
        ]
        self._places = tuple(dict.fromkeys(folders))
        self._memory = memory
        self._copies = memory.folder / "controls" if memory.folder is not None else None

    def files(self) -> dict[str, Path]:
        """Returns all files by name, and folders as diffusers saves them, which need not be of such networks."""
        found: dict[str, Path] = {}
        for suffixes in ((".safetensors",), PICKLES):  # of one in both forms, that which needs no copy
            for place in self._places:
                for path in weights_in(place, _DEEPEST, suffixes):
                    found.setdefault(name_of(path), path)
                    for beside in sorted(path.glob("*_promax.safetensors")):  # in one folder with the union
                        found.setdefault(name_of(beside), beside)
        return found

    def look(self) -> tuple[ControlFile, ...]:
        """Returns all that can be used, by name; pickles that have not been read yet at the end. Reads headers."""
        looked: list[ControlFile] = []
        for path in self.files().values():
            with suppress(ControlBroken):  # it is told when it is asked for
                looked.append(self.read(path))
        return tuple(sorted(looked, key=lambda file: (file.kind == UNREAD, file.name.casefold())))

    def find(self, wanted: Control) -> ControlFile:
        """Returns the one that is named, or given by its full path; with a hash, the one that has it.

        Raises ControlMissing or ControlBroken.
        """
        path, files = Path(wanted.name), self.files()
        named = path if path.is_absolute() and is_there(path) else files.get(wanted.key)
        if named is not None and self._is_same(named, wanted):
            return self.read(named)
        if wanted.network:  # it may have another name here
            for other in files.values():
                if self._sha256_if_known(other).startswith(wanted.network):
                    return self.read(other)
        is_other = named is not None
        raise ControlMissing(wanted.key, tuple(files), is_other=is_other, folders=self._usual)

    def suited(self, control: Control) -> Control:
        """Returns a control with what its network has to be told, where nothing else was asked for.

        That is what an IP-Adapter takes of a picture, and the kind of map that a union looks at.

        Raises ControlMissing, ControlBroken, also where the half of CLIP is not here that an IP-Adapter needs, or
        InvalidRequest for a preprocessor or a type of another kind of network.
        """
        file = self.find(control)
        if file.kind == IP_ADAPTER:
            self.encoder_of(file)
        if control.preprocessor not in file.preprocessors:
            if control.preprocessor != NO_PREPROCESSOR:
                allowed = tr("one of {names} with this network", names=", ".join(file.preprocessors))
                raise InvalidRequest("preprocessor", control.preprocessor, allowed)
            control = replace(control, preprocessor=file.preprocessors[0])
        if file.kind == UNREAD:
            return control
        if not file.types:
            return replace(control, type="")
        if not (found := type_of(control, file.types)):
            names = ", ".join(file.types)
            allowed = tr("one of {names} with this network", names=names)
            several = tr(
                "“{name}” guides by several kinds of maps, and nothing tells what this one shows: choose one of "
                "{names} as its type.",
                name=file.name,
                names=names,
            )
            raise InvalidRequest(
                tr("control type"), control.type, allowed, sentence="" if control.type else several
            )
        return replace(control, type=found)

    def encoder_of(self, file: ControlFile) -> Path:
        """Returns the half of CLIP that reads pictures for an IP-Adapter. Raises ControlBroken without one."""
        return find_encoder(file, tuple(place.parent for place in self._places))

    def sha256_of(self, file: ControlFile) -> str:
        """Returns 64 hexadecimal digits; reads the whole file the first time. Raises ModelBroken."""
        return self._memory.sha256_of(file.weights)

    def copy_for(self, file: ControlFile) -> Path:
        """Returns the place for the weights of a pickle as safetensors. Raises ModelBroken."""
        if self._copies is None:
            raise ControlBroken(file.path, tr("there is no folder to keep its weights as safetensors"))
        return self._copies / f"{self.sha256_of(file)}.safetensors"

    def read(self, path: Path) -> ControlFile:
        """Reads the header of a network for control. Raises ControlBroken."""
        pickled, copy = pickle_of(path), None
        if pickled is not None and self._copies is not None and (sha256 := self._memory.sha256_if_known(pickled)):
            copy = self._copies / f"{sha256}.safetensors"
        return read_control(path, copy if copy is not None and copy.is_file() else None)

    def _is_same(self, path: Path, wanted: Control) -> bool:
        return not wanted.network or self.sha256_of(self.read(path)).startswith(wanted.network)

    def _sha256_if_known(self, path: Path) -> str:
        with suppress(ControlBroken):
            return self._memory.sha256_if_known(self.read(path).weights)
        return ""
