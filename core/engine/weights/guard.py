"""The one guard around every load: whatever the loading libraries raise becomes a reason in plain words."""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from core.engine.devices.memory_errors import is_out_of_memory
from core.errors import EmulsionError, ModelBroken
from core.files.atomic import words_of
from core.language.words import tr

log = logging.getLogger(__name__)


@contextmanager
def loading(
    path: Path, what: str, why: Callable[[], str] | None = None, broken: type[ModelBroken] = ModelBroken
) -> Generator[None]:
    """Lets our own errors and those of memory through; turns every other one into ``broken``.

    Args:
        what: the part that is loaded, as a sentence begins with it: ``"its text encoder"``.
        why: is asked after a failure for what speaks against the file, or "" when all is as expected; the sentence
            continues with it.
    """
    try:
        yield
    except EmulsionError:
        raise
    except Exception as error:  # the libraries do not say which kinds they raise
        if is_out_of_memory(error):
            raise
        log.info("%s: %s cannot be loaded", path, what, exc_info=error)
        raise broken(path, f"{what} {_reason(error, why)}") from error


def _reason(error: Exception, why: Callable[[], str] | None) -> str:
    if isinstance(error, OSError) and error.strerror:
        return tr("cannot be read: {strerror}", strerror=words_of(error))
    try:
        found = why() if why is not None else ""
    except Exception as again:  # files that broke the load may break the look at them, too
        log.info("the reason cannot be found", exc_info=again)
        found = ""
    return found or tr("cannot be loaded: its content is not built as expected")
