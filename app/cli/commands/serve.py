"""``emulsion serve``: an HTTP door for other programs, in the dialects of OpenAI and AUTOMATIC1111's program."""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path

from app.cli.command import Command, whole_number
from app.startup.engine_imports import engine_imports
from core.errors import InvalidRequest
from core.files.atomic import check_writable
from core.language.words import tr
from core.models.catalogue import users_catalogue
from core.paths import Folders
from core.pictures import saving
from core.pictures.picture import GeneratedImage
from core.prompt.encodings import users_encodings
from core.request.request import STARTER_MODEL
from core.runs.operations import Engine
from core.runs.recorder import FOLDER_NAME
from core.settings.settings import FilmPolicy, load_settings

PORT = 7860
"""That of AUTOMATIC1111's program, at which its clients look first."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _add_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    about = tr("the port at which clients find it (default: {port}; 0 for any free one)", port=PORT)
    add("--port", metavar="N", help=about)
    add(
        "--host",
        metavar="ADDRESS",
        default=_LOOPBACK[0],
        help=tr("an address of this computer (default: {host}, for programs here only)", host=_LOOPBACK[0]),
    )
    about = tr("let --host be an address that other computers can reach, unencrypted")
    add("--open-to-network", action="store_true", help=about)
    about = tr("the file with the token (default: one in the settings' folder, made at the first start)")
    add("--token-file", metavar="FILE", help=about)
    add("--model", metavar="KEY", help=tr("the model for requests that name none (default: the starter model)"))
    add("--no-save", action="store_true", help=tr("keep neither pictures nor films nor what they began with"))


def _run(arguments: Namespace) -> int:
    port = whole_number("port", arguments.port, range(2**16))
    host, is_open = arguments.host, arguments.host not in _LOOPBACK
    if is_open and not arguments.open_to_network:
        sentence = tr(
            "{host} can be reached by other computers: add --open-to-network if that is what you want. Safer is "
            "an ssh tunnel: ssh -L {port}:localhost:{port} with the name of this computer.",
            host=host,
            port=port or PORT,
        )
        raise InvalidRequest("host", host, "", sentence=sentence)
    # libraries that nothing else needs
    from app.serve.door import Door
    from app.serve.jobs import Jobs
    from app.serve.models import Served
    from app.serve.server import listen, server
    from app.serve.token_file import FILE_NAME, token_in

    folders = Folders.default()
    settings = load_settings(folders)
    catalogue = users_catalogue(folders, lambda: settings)
    if arguments.no_save:
        catalogue.sources = None
    else:
        check_writable(settings.pictures)
    served = Served(catalogue, settings, catalogue.find(arguments.model or STARTER_MODEL).key)
    path = Path(arguments.token_file).expanduser() if arguments.token_file else folders.config / FILE_NAME
    token, is_new = token_in(path)

    def make_engine() -> Engine:
        with engine_imports():
            from core.engine.engine import Engine

        encodings = users_encodings(catalogue.memory.folder, keeps=settings.keeps_encodings)
        how = (settings.device, settings.dtype, settings.memory, settings.tiled_decode)
        return Engine(catalogue, *how, acceleration=settings.acceleration, encodings=encodings)

    def save(image: GeneratedImage) -> Path:
        return saving.save(image, settings.pictures, rules=settings.saving)

    keeps_films = settings.keep_films is FilmPolicy.always and not arguments.no_save
    films = settings.pictures / FOLDER_NAME if keeps_films else None
    with listen(host, PORT if port is None else port) as listening, tempfile.TemporaryDirectory() as received:
        address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"

        def tell() -> None:
            if is_open:
                warning = tr("other computers can reach this server, and the token travels there unencrypted")
                sys.stderr.write(f"emulsion: {warning}\n")
            if is_new:
                print(f"export OPENAI_BASE_URL={address}/v1 OPENAI_API_KEY={token}", flush=True)
                sys.stderr.write("emulsion: " + tr("the token is kept in {path}", path=path) + "\n")
            else:
                told = tr("the token is in {path}", path=path)
                sys.stderr.write(f"emulsion: {told}\n")
            sys.stderr.write("emulsion: " + tr("serving at {address}; Ctrl+C ends it", address=address) + "\n")
            sys.stderr.flush()

        jobs = Jobs(make_engine, None if arguments.no_save else save, films)
        try:
            server(Door(served, jobs, Path(received)), token, tell, is_open=is_open).run([listening])
        finally:
            jobs.close()
    return 0


COMMAND = Command(tr("answer other programs by HTTP, as OpenAI's and AUTOMATIC1111's do"), _add_arguments, _run)
