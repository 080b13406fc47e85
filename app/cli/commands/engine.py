"""``emulsion engine --stdio``: an engine for another program, which talks to it by standard input and output."""

import faulthandler
import os
import signal
import socket
import sys
import threading
from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path

from app.cli.command import Command
from app.cli.engine_makers import make_engine, make_users_engine
from core.errors import InvalidRequest
from core.language.words import tr
from core.paths import Folders
from core.remote.inbox import Inbox
from core.remote.line import Line
from core.remote.model_store import ModelStore
from core.remote.server import Maker, Server
from core.remote.session import forget, is_name, relay, serve_line
from core.remote.store import FileStore

ENDS_WITHIN_S = 5.0
"""A step that is under way when the other program has left is given so long."""


def _add_arguments(parser: ArgumentParser) -> None:
    about = tr("read orders from standard input and answer on standard output")
    parser.add_argument("--stdio", action="store_true", help=about)
    parser.add_argument("--session", metavar="NAME", help=tr("stay for a while when the other program is cut off"))
    parser.add_argument("--again", action="store_true", help=tr("come back to the session of this name"))
    parser.add_argument("--cluster", metavar="ADDRESS", help=tr("have it all done by one engine of a Ray cluster"))


def _run(arguments: Namespace) -> int:
    if not arguments.stdio or (sys.stdin is not None and sys.stdin.isatty()):
        sentence = tr("emulsion engine serves another program: it is started with --stdio and two pipes.")
        raise InvalidRequest("stdio", "", "", sentence=sentence)
    if arguments.cluster is not None:
        from app.cli.cluster_engine import make_cluster_engine  # not needed by whoever has no cluster

        serve(partial(make_cluster_engine, arguments.cluster))
    elif arguments.session is None:
        serve(make_engine)
    else:
        serve_session(make_users_engine, arguments.session, is_again=arguments.again)
    return 0


def serve(make: Maker) -> None:
    """Serves the program at the other ends of standard input and output until it leaves. Raises WireBroken."""
    faulthandler.enable(2)  # into the log of the program that started it: its own crash is another matter
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl+C is for the program that started it
    source, sink = _own_streams()
    has_ended = threading.Event()
    with os.fdopen(source, "rb") as orders, os.fdopen(sink, "wb") as answers:
        inbox = Inbox(orders, on_end=lambda: _end_late(has_ended))
        try:
            Server(inbox, answers, make).serve()
        finally:
            has_ended.set()


def serve_session(make: Maker, name: str, *, is_again: bool) -> None:
    """Leads standard input and output to an engine that stays when they end, see `core.remote.session`."""
    if not is_name(name):
        raise InvalidRequest("session", name, tr("32 hexadecimal digits"))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    relay(Folders.default().cache / "engines", name, partial(_keep, make), is_again=is_again)


def _keep(make: Maker, listener: socket.socket, place: Path) -> None:
    """Serves those who come to a socket, one after the other, until the session is over."""
    faulthandler.enable(2)
    line, has_ended, folders = Line(), threading.Event(), Folders.default()
    carrying = threading.Thread(target=serve_line, args=(line, listener), name="listener")
    carrying.start()
    inbox = Inbox(line, on_end=lambda: _end_late(has_ended))
    try:
        files, models = FileStore(folders.sources, folders.cache / "sent"), ModelStore(folders.models)
        Server(inbox, line, make, line, files.put, models).serve()
    finally:
        has_ended.set()
        line.end()
        carrying.join()
        forget(place)


def _own_streams() -> tuple[int, int]:
    """Returns standard input and output for messages alone; all that is printed goes to standard error."""
    source, sink = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return source, sink


def _end_late(has_ended: threading.Event) -> None:
    """Ends the process if its engine does not, whatever it is doing: nobody can use it any more."""
    if not has_ended.wait(ENDS_WITHIN_S):
        os._exit(1)


COMMAND = Command(tr("serve another program, such as Emulsion's window"), _add_arguments, _run)
