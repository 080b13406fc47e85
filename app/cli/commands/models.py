"""``emulsion models``: the models that are known and installed, from scripts; results as JSON."""

import os
import sys
import threading
from argparse import ArgumentParser, Namespace
from contextlib import closing
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import MappingProxyType

from send2trash import send2trash

from app.cli.command import Command, group, no_arguments
from app.cli.models_identify import add_identify_arguments, run_identify
from app.cli.models_import import add_import_arguments, change_settings, described, run_import
from app.cli.terminal import Progress, to_json
from app.messages.training import training_to_json
from core.checkpoints.schedule import trait_names
from core.downloads.address import chosen_endpoint
from core.downloads.download import DownloadSpec, download, plan_download
from core.downloads.events import Completed, Damaged, Downloading, Listed
from core.downloads.failures import DownloadFailed
from core.downloads.hub import Hub, HubAddress, Secret
from core.downloads.json_lines import to_line
from core.downloads.listing import is_repository
from core.downloads.record import read_record
from core.downloads.token import NoKeychain, is_token, stored_token
from core.downloads.verify import Verified, verify
from core.errors import InvalidRequest, ModelMissing, SaveFailed
from core.families import FAMILIES
from core.families.variants import VARIANT
from core.files.sizes import size_text
from core.language.words import tr
from core.models.catalogue import Catalogue, users_catalogue
from core.models.downloadable import known_models, known_parts
from core.paths import Folders
from core.request.request import STARTER_MODEL
from core.request.traits import KINDS, read_traits, with_choice
from core.settings.settings import load_settings


def _model_argument(parser: ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help=tr("its key, as `emulsion models list` shows it"))


def _hub_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("model", metavar="MODEL", help=tr("its key, or OWNER/NAME on the hub"))
    add("--endpoint", metavar="URL", help=tr("of the hub (default: what the settings say)"))
    add("--proxy", metavar="URL", help=tr("(default: what the settings say, or the environment)"))
    add("--token-stdin", action="store_true", help=tr("read a token from standard input, instead of the keychain"))


def _download_arguments(parser: ArgumentParser) -> None:
    _hub_arguments(parser)
    add = parser.add_argument
    add("--full-precision", action="store_true", help=tr("fetch 32-bit weights where there is a choice"))
    add("--json", action="store_true", help=tr("print every event, a JSON object on each line"))
    add("--follow-stdin", action="store_true", help=tr("stop when standard input is closed"))


def _list(_arguments: Namespace) -> int:
    found = _catalogue().find_all()
    installed = {model.key: model for model in found.models}
    known = {model.key: model for model in known_models()}
    for key in (*installed, *(key for key in known if key not in installed)):
        here, entry = installed.get(key), known.get(key)
        name = here.name if here is not None else entry.name if entry is not None else key
        print(
            to_json(
                {
                    "model": key,
                    "name": name,
                    "family": here.family if here is not None else entry.family if entry is not None else "",
                    "is_installed": here is not None,
                    "training": training_to_json(here) if here is not None else {},
                    "folder": str(here.place) if here is not None else None,
                    "repository": entry.repository if entry is not None else None,
                    "licence": entry.licence if entry is not None else None,
                }
            )
        )
    for one in found.refused:
        told = {"model": None, "name": one.path.name, "family": "", "is_installed": False, "folder": str(one.path)}
        print(to_json({**told, "repository": None, "licence": None, "problem": one.reason}))
    return 0


def _info(arguments: Namespace) -> int:
    """Prints the facts about a model without asking any hub."""
    catalogue = _catalogue()
    entry = next((model for model in known_models() if model.key == arguments.model), None)
    here = next((model for model in catalogue.models() if model.key == arguments.model), None)
    if entry is None and here is None:
        catalogue.find(arguments.model)
    told = asdict(entry) if entry is not None else {}
    if here is not None:
        told |= {"key": here.key, "name": here.name, "about": here.about, "family": here.family}
        told |= {"folder": str(here.folder), "size": str(here.defaults.size), "steps": here.defaults.steps}
        told |= {"file": str(here.file) if here.file is not None else None}
        told |= {"sha256": catalogue.sha256_if_known(here) or None, "training": training_to_json(here)}
        record = read_record(here.folder)
        told["commit"] = record.commit if record is not None else None
    print(to_json({**told, "is_installed": here is not None}, indent=2))
    return 0


def _download(arguments: Namespace) -> int:
    wanted = _wanted(arguments)
    token = _token(arguments)
    if arguments.follow_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    with Hub(_address(arguments), token) as hub:
        if arguments.json:
            return _print_events(hub, wanted)
        _show_progress(hub, wanted)
        network = next((model for model in known_models() if model.key == arguments.model), None)
        for part in _catalogue().lacking(network) if network is not None else ():
            _show_progress(hub, DownloadSpec(part.repository, wanted.folder.parent / part.key, files=part.files))
    return 0


def _end_with_stdin() -> None:
    """Whoever asked for the download is gone or has enough; what has arrived is on the disk."""
    sys.stdin.read()
    os._exit(0)


def _print_events(hub: Hub, wanted: DownloadSpec) -> int:
    try:
        for event in download(hub, wanted):
            print(to_line(event), flush=True)
    except DownloadFailed as error:
        print(to_line(error), flush=True)
        return 1
    return 0


def _show_progress(hub: Hub, wanted: DownloadSpec) -> None:
    with Progress(sys.stderr) as progress:
        for event in download(hub, wanted):
            match event:
                case Listed(files=files, total=total):
                    progress.begin_phase(tr("{files} files, {size}", files=files, size=size_text(total, 2)))
                case Downloading(done=done, total=total, bytes_per_second=rate) if sys.stderr.isatty():
                    progress.begin_phase(
                        tr(
                            "{done} of {total}, {rate:.1f} MB/s",
                            done=size_text(done, 2),
                            total=size_text(total, 2),
                            rate=rate / 1e6,
                        )
                    )
                case Damaged(file=file):
                    progress.begin_phase(tr("{file} is damaged and is fetched again", file=file))
                case Completed(folder=folder):
                    progress.clear()
                    print(to_json({"model": folder.name, "folder": str(folder)}))
                case _:
                    pass


def _size(arguments: Namespace) -> int:
    """Asks the hub what a download would fetch."""
    wanted = _wanted(arguments)
    with Hub(_address(arguments), _token(arguments)) as hub:
        record = plan_download(hub, wanted)
    files = [{"file": file.path, "bytes": file.size} for file in record.files]
    print(to_json({"repository": record.repository, "bytes": record.total, "files": files}, indent=2))
    return 0


def _verify(arguments: Namespace) -> int:
    """1 when a file is not what the hub listed."""
    folder = _installed_folder(arguments.model)
    record = read_record(folder)
    if record is None:
        raise InvalidRequest("model", arguments.model, tr("a model that was downloaded by Emulsion"))
    damaged = 0
    with Progress(sys.stderr) as progress, closing(verify(record, folder)) as files:
        for event in files:
            if isinstance(event, Verified) and event.problem:
                progress.clear()
                damaged += 1
                print(to_json({"file": event.file, "problem": event.problem}))
    print(to_json({"checked": len(record.files), "damaged": damaged}))
    return 1 if damaged else 0


def _choose(arguments: Namespace) -> int:
    """Keeps the user's choice by the hash of the model's file, which is read for it."""
    folders, catalogue = Folders.default(), _catalogue()
    model = catalogue.identified(catalogue.find(arguments.model))
    family = FAMILIES[model.family]
    chosen = read_traits(arguments.training, trait_names(family))
    if chosen.get(VARIANT, family.plain) not in (family.plain, *family.variant_names):
        raise InvalidRequest(VARIANT, chosen[VARIANT], tr("one of {names}", names=", ".join(family.variant_names)))
    kept = with_choice(load_settings(folders).model_traits, model.sha256, chosen)
    change_settings(folders, "choose", tr("press “How it was trained…” on its card there"), model_traits=kept)
    catalogue.memory.save()
    print(to_json(described(catalogue.read(model.place, model.key), model.sha256), indent=2))
    return 0


def _choose_arguments(parser: ArgumentParser) -> None:
    _model_argument(parser)
    kinds = ", ".join(KINDS)
    told = tr("as prediction_type=v_prediction; names are {kinds}; none of them: everything as found", kinds=kinds)
    parser.add_argument("training", metavar="NAME=VALUE", nargs="*", help=told)


def _remove(arguments: Namespace) -> int:
    folder = _installed_folder(arguments.model)
    try:
        send2trash(str(folder))
    except OSError as error:
        raise SaveFailed(folder, error.strerror or tr("there is no trash for it")) from error
    print(to_json({"removed": arguments.model, "folder": str(folder)}))
    return 0


def _catalogue() -> Catalogue:
    folders = Folders.default()
    return users_catalogue(folders, partial(load_settings, folders))


def _installed_folder(key: str) -> Path:
    """Only of what lies in the user's model folders, finished or not. Raises ModelMissing or InvalidRequest."""
    if key and Path(key).name == key:
        for parent in load_settings(Folders.default()).model_folders:
            if (parent / key).is_dir():
                return parent / key
    known = tuple(model.key for model in _catalogue().models())
    if key in known:
        sentence = tr("The starter model comes with the program: it can be neither removed nor verified.")
        allowed = tr("a model that has a folder of its own in your model folders")
        raise InvalidRequest("model", key, allowed, sentence=sentence if key == STARTER_MODEL else "")
    raise ModelMissing(key, known)


def _wanted(arguments: Namespace) -> DownloadSpec:
    known = {**known_parts(), **{model.key: model for model in known_models()}}
    entry = known.get(arguments.model)
    repository = entry.repository if entry is not None else arguments.model
    if not is_repository(repository):
        keys = ", ".join(known)
        raise InvalidRequest("model", arguments.model, tr("OWNER/NAME on the hub, or one of {keys}", keys=keys))
    key = entry.key if entry is not None else repository.partition("/")[2]
    folder = load_settings(Folders.default()).model_folders[0] / key
    variant = {"variant": ""} if getattr(arguments, "full_precision", False) else {}
    return DownloadSpec(repository, folder, **variant, files=entry.files if entry is not None else ())


def _address(arguments: Namespace) -> HubAddress:
    settings = load_settings(Folders.default())
    proxy = settings.hub_proxy if arguments.proxy is None else arguments.proxy
    return HubAddress(chosen_endpoint(arguments.endpoint or settings.hub_endpoint, os.environ), proxy)


def _token(arguments: Namespace) -> Secret:
    if arguments.token_stdin:
        text = sys.stdin.readline().strip()
        if text and not is_token(text):
            raise InvalidRequest("token", "what came", tr("one line without spaces"))
        return Secret(text)
    try:
        return stored_token(_address(arguments).endpoint)
    except NoKeychain:
        return Secret()


_ACTIONS = MappingProxyType(
    {
        "list": Command(tr("list installed and known models, a JSON object on each line"), no_arguments, _list),
        "info": Command(tr("show what is known about a model"), _model_argument, _info),
        "size": Command(tr("ask the hub which files a download would fetch"), _hub_arguments, _size),
        "download": Command(
            tr("fetch a model, going on where an earlier download ended"), _download_arguments, _download
        ),
        "import": Command(
            tr("add a checkpoint, a diffusers folder, or another program's models"),
            add_import_arguments,
            run_import,
        ),
        "identify": Command(
            tr("say what a file of weights is, by its header alone"), add_identify_arguments, run_identify
        ),
        "choose": Command(
            tr("choose how a model was trained, where Emulsion takes it for another"), _choose_arguments, _choose
        ),
        "verify": Command(
            tr("read a model's files and compare them with the hub's hashes"), _model_argument, _verify
        ),
        "remove": Command(tr("move a model to the trash"), _model_argument, _remove),
    }
)

COMMAND = group(tr("list, download, import, check and remove models"), _ACTIONS)
