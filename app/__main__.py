"""The entry point: ``emulsion`` opens the window, ``emulsion COMMAND`` is the command line.

``emulsion PICTURE``, as file managers start it, opens the window with that picture.
"""

import io
import logging
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from app.startup.display import missing_display, tell
from app.startup.environment import set_environment
from app.startup.language import choose_language
from app.startup.logs import Logs, fill_missing_descriptors, start_logs, take_last_crash
from core.heap import keep_freed_memory
from core.language.words import mark, tr
from core.paths import Folders
from core.settings.look import read_look

log = logging.getLogger(__name__)

INTERRUPTED = 130
NO_HOME = mark("This user has no home folder; set HOME to a folder that can be written.")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit code."""
    try:
        return _run(sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(arguments: Sequence[str]) -> int:
    fill_missing_descriptors()
    set_environment(os.environ)
    keep_freed_memory()
    try:
        folders = Folders.default()
    except RuntimeError:  # by platformdirs: no HOME, and a user that the system has no entry for
        choose_language(os.environ)
        _start_logs(Path(os.devnull))
        sys.stderr.write(f"emulsion: {tr(NO_HOME)}\n")
        return 1
    folder, is_command = folders.logs, bool(arguments) and not Path(arguments[0]).suffix
    choose_language(os.environ, "" if is_command else read_look(folders).language)
    picture = picture_to_open(arguments)
    if arguments and picture is None:
        logs = _start_logs(folder, is_window=False)
        from app.cli.command_line import run_command

        return _flushed(run_command(arguments, logs.log_file))
    if problem := missing_display(os.environ):
        _start_logs(folder)
        sys.stderr.write(f"emulsion: {problem}\n")
        return 1
    return _open_window(folder, picture)


def picture_to_open(arguments: Sequence[str]) -> Path | None:
    """Returns the picture that a command line such as ``emulsion house.png`` names; None when it is a command."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        return None
    from core.pictures.metadata import SUFFIXES  # a quarter of a second, for which a help text need not wait

    path = Path(arguments[0])
    return path.absolute() if path.suffix.lower() in SUFFIXES else None


def _open_window(log_folder: Path, picture: Path | None) -> int:
    """Opens the window; a second start only raises the first one, and leaves its log files alone."""
    logs: Logs | None = None
    try:
        from app.startup.single_instance import claim

        claimed = claim(Folders.default().data, picture)
        if claimed is None:
            return 0
        last_crash = take_last_crash(log_folder)
        logs = _start_logs(log_folder)
        from app.startup.application import run

        return run(claimed, last_crash, picture)
    except Exception as error:
        logs = logs or _start_logs(log_folder)
        log.exception("the window failed")
        from app.messages.errors import message  # imports what the window does not wait for

        tell(str(message(error, logs.log_file)))
        return 1


def _start_logs(folder: Path, *, is_window: bool = True) -> Logs:
    logs = start_logs(folder, is_window=is_window)
    _let_streams_print_everything()
    return logs


def _let_streams_print_everything() -> None:
    """Paths and prompts may hold what a terminal's encoding does not know."""
    for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def _flushed(code: int) -> int:
    """Gives the results away now; a reader who has left (``emulsion info x.png | head -1``) is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.exit(main())
