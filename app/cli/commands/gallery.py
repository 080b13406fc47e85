"""``emulsion gallery``: the library from scripts: add, list, search, rebuild, verify, export; results as JSON."""

import logging
import sqlite3
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.cli.command import Command, group, no_arguments, whole_number
from app.cli.terminal import Progress, to_json
from core.errors import InvalidRequest, LibraryInUse, UnreadablePicture
from core.files.atomic import check_writable
from core.gallery.encoding import FORMATS, LENGTH_PX, Encoding
from core.gallery.export import export_files, export_sheet, export_zip
from core.gallery.finder import Finder
from core.gallery.gallery import Gallery, gallery_folder
from core.gallery.marks import RATINGS
from core.gallery.query import LibraryPicture, Query, Sort
from core.gallery.scan import Indexing, ScanEvent, Scanned
from core.gallery.schema import FACETS, FILE_NAME
from core.language.words import tr
from core.paths import Folders
from core.pictures.opening import open_picture
from core.request.request import LARGEST_SEED
from core.request.setting import Option, Setting
from core.request.settings import SETTINGS
from core.settings.settings import load_settings

log = logging.getLogger(__name__)

MOST = range(1, 1_000_001)
_PAGE = 500
_FLAGS = MappingProxyType({"yes": True, "no": False})


def filter_option(setting: Setting[Any]) -> Option[Any]:
    """Returns the option that a facet is asked by: its setting's own, or one of its name where it has none."""
    named: Option[Any] = Option(f"--{setting.name.replace('_', '-')}", "VALUE", "", lambda text, _: text)
    return next(iter(setting.options), named)


_FACET_OPTIONS = tuple((setting, filter_option(setting)) for setting in SETTINGS if setting.facet)


def _folder_argument(parser: ArgumentParser) -> None:
    parser.add_argument("folder", metavar="FOLDER", help=tr("read in place, and never changed"))


def _filter_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    for _, option in _FACET_OPTIONS:
        metavar = option.metavar.partition("[")[0]
        add(option.flag, action="append", default=[], metavar=metavar, help=tr("may be given several times"))
    add("--since", metavar="DAY", help=tr("as 2026-11-21"))
    add("--until", metavar="DAY", help=tr("the last day"))
    add("--rating", metavar="N", help=tr("at least this many stars"))
    add("--favourite", choices=_FLAGS, help=tr("whether it is marked as one"))
    add("--film", choices=_FLAGS, help=tr("whether there is a film beside it"))
    add("--seed", metavar="N", help=tr("exactly this one"))
    add("--tag", action="append", default=[], metavar="NAME", help=tr("may be given several times: all of them"))
    add("--collection", metavar="NAME", help=tr("in this collection"))
    add("--folder", metavar="FOLDER", help=tr("in it and below"))
    add(
        "--sort",
        choices=[sort.name.replace("_", "-") for sort in Sort],
        default="newest",
        help=tr("(default: newest)"),
    )
    add("--limit", metavar="N", help=tr("no more than this many (default: all)"))


def _search_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "text", metavar="TEXT", help=tr('words, "a phrase", -without; in prompts, notes, tags, names')
    )
    _filter_arguments(parser)


def _export_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("target", metavar="TARGET", help=tr("a folder, a file ending in .zip, or one in .png for a contact sheet"))
    add("--text", default="", metavar="TEXT", help=tr("only pictures with these words"))
    _filter_arguments(parser)
    add("--format", choices=FORMATS, default="", help=tr("(default: that of each picture)"))
    add("--without-recipe", action="store_true", help=tr("only the pixels, without the prompt"))
    add("--longest", metavar="PX", help=tr("make larger pictures smaller"))


def _add(arguments: Namespace) -> int:
    with _owned() as gallery:
        gallery.add_folder(Path(arguments.folder).absolute())
    _scan(Gallery.scan)
    return 0


def _rebuild(_arguments: Namespace) -> int:
    _scan(Gallery.rebuild)
    return 0


def _list(arguments: Namespace) -> int:
    return _print_found(_query(arguments, ""), arguments)


def _search(arguments: Namespace) -> int:
    return _print_found(_query(arguments, arguments.text), arguments)


def _verify(_arguments: Namespace) -> int:
    """Decodes every picture; 1 when any is damaged."""
    checked = damaged = 0
    with _finder() as finder, Progress(sys.stderr) as progress:
        for picture in _pictures(finder, Query(), MOST[-1]):
            checked += 1
            if picture.is_away:
                continue
            try:
                open_picture(picture.path)
            except UnreadablePicture as error:
                damaged += 1
                progress.clear()
                print(to_json({"path": str(picture.path), "problem": error.reason}))
    print(to_json({"checked": checked, "damaged": damaged}))
    return 1 if damaged else 0


def _export(arguments: Namespace) -> int:
    target = Path(arguments.target).absolute()
    query = _query(arguments, arguments.text)
    longest = whole_number("longest", arguments.longest, LENGTH_PX)
    encoding = Encoding(arguments.format, has_recipe=not arguments.without_recipe, longest_px=longest)
    limit = _limit(arguments)
    if target.suffix.lower() not in ("", ".zip", ".png"):
        raise InvalidRequest("target", arguments.target, tr("a folder, or a file ending in .zip or .png"))
    check_writable(target.parent if target.suffix else target)
    with _finder() as finder:
        pictures = [picture.path for picture in _pictures(finder, query, limit) if not picture.is_away]
    match target.suffix.lower():
        case ".zip":
            export = export_zip(pictures, target, encoding)
        case ".png":
            export = export_sheet(pictures, target)
        case _:
            export = export_files(pictures, target, encoding)
    problems = 0
    with closing(export):
        for exported in export:
            told = {"picture": str(exported.picture), "target": str(exported.target) if exported.target else None}
            print(to_json({**told, **({"problem": exported.problem} if exported.problem else {})}))
            problems += bool(exported.problem)
    return 1 if problems else 0


_ACTIONS = MappingProxyType(
    {
        "add": Command(tr("add a folder of pictures to the gallery"), _folder_argument, _add),
        "list": Command(tr("list pictures, a JSON object on each line"), _filter_arguments, _list),
        "search": Command(tr("search prompts, notes, tags and names"), _search_arguments, _search),
        "rebuild": Command(tr("make the index anew from the pictures"), no_arguments, _rebuild),
        "verify": Command(tr("decode every picture and report damage"), no_arguments, _verify),
        "export": Command(tr("write pictures as files, zip file or contact sheet"), _export_arguments, _export),
    }
)


def _owned() -> Gallery:
    folders = Folders.default()
    return Gallery(folders, load_settings(folders).pictures)


@contextmanager
def _finder() -> Generator[Finder]:
    """Questions to an index that is up to date, as far as no running window has it already."""
    folder = gallery_folder(Folders.default())
    try:
        _scan(Gallery.scan, is_told=False)
    except LibraryInUse:
        if not (folder / FILE_NAME).exists():
            raise
    with closing(Finder(folder)) as finder:
        yield finder


def _scan(scan: Callable[[Gallery], Iterator[ScanEvent]], *, is_told: bool = True) -> None:
    """Brings the index up to date; one that turns out to be damaged begins anew when it is opened again."""
    try:
        _scan_once(scan, is_told=is_told)
    except sqlite3.DatabaseError as error:
        log.info("the index of the library begins anew: %s", error)
        _scan_once(scan, is_told=is_told)


def _scan_once(scan: Callable[[Gallery], Iterator[ScanEvent]], *, is_told: bool) -> None:
    with _owned() as gallery, Progress(sys.stderr) as progress:
        for event in scan(gallery):
            match event:
                case Indexing(done, total) if done == total or sys.stderr.isatty():
                    progress.begin_phase(tr("reading pictures: {done} of {total}", done=done, total=total))
                case Scanned(added, changed, vanished, away) if is_told:
                    progress.clear()
                    found = {"added": added, "changed": changed, "vanished": vanished}
                    print(to_json({**found, "away": [str(path) for path in away]}))
                case _:
                    pass


def _print_found(query: Query, arguments: Namespace) -> int:
    limit = _limit(arguments)
    with _finder() as finder:
        for picture in _pictures(finder, query, limit):
            print(to_json(_summary(picture, finder.values_of(picture.id))))
    return 0


def _pictures(finder: Finder, query: Query, limit: int) -> Iterator[LibraryPicture]:
    ids = finder.find(query).ids[:limit]
    for start in range(0, len(ids), _PAGE):
        yield from finder.pictures(ids[start : start + _PAGE])


def _query(arguments: Namespace, text: str) -> Query:
    """Checks what was asked for before anything is read. Raises InvalidRequest."""
    return Query(
        text=text,
        facets=frozenset(
            (setting.name, setting.typed_facet(text))
            for setting, option in _FACET_OPTIONS
            for text in getattr(arguments, option.name)
        ),
        since=_day("since", arguments.since),
        until=_day("until", arguments.until),
        smallest_rating=whole_number("rating", arguments.rating, range(RATINGS[-1] + 1)) or 0,
        is_favourite=_FLAGS.get(arguments.favourite),
        has_film=_FLAGS.get(arguments.film),
        seed=whole_number("seed", arguments.seed, range(LARGEST_SEED + 1)),
        tags=tuple(arguments.tag),
        collection=arguments.collection,
        folder=Path(arguments.folder).absolute() if arguments.folder else None,
        sort=Sort[arguments.sort.replace("-", "_")],
    )


def _limit(arguments: Namespace) -> int:
    return whole_number("limit", arguments.limit, MOST) or MOST[-1]


def _day(field: str, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidRequest(field, text, tr("a day such as 2026-11-21")) from error


def _summary(picture: LibraryPicture, values: Mapping[str, str]) -> dict[str, object]:
    return {
        "path": str(picture.path),
        "created": picture.created.isoformat(timespec="seconds"),
        "width": picture.size.width,
        "height": picture.size.height,
        "bytes": picture.size_bytes,
        "prompt": picture.prompt,
        "negative_prompt": picture.negative_prompt,
        **{name: values.get(name, "") for name in FACETS if name != "size"},
        "steps": picture.steps or None,
        "seed": picture.seed,
        "program": picture.program,
        "rating": picture.rating,
        "is_favourite": picture.is_favourite,
        "note": picture.note,
        "has_film": picture.has_film,
        "is_away": picture.is_away,
        "problem": picture.problem,
    }


COMMAND = group(tr("add, find, check and export saved pictures"), _ACTIONS)
