"""Values and names inside the sentences about errors."""

from core.errors import OutOfMemory
from core.files.sizes import size_text
from core.language.words import tr

MOST_NAMES = 5
_FIELD_NAMES = {
    "steps": tr("number of steps"),
    "guidance": tr("guidance scale"),
    "count": tr("number of pictures"),
    "negative": tr("negative prompt"),
    "output": tr("output file"),
    "quantise": tr("number of bits"),
}


def field_name(field: str) -> str:
    """Returns the name of a field of a request, or of an option, as a sentence has it."""
    return _FIELD_NAMES.get(field) or tr(field)


def memory_figures(error: OutOfMemory) -> str:
    """Returns `` (2 GB needed, 1 GB free)``, "" where nothing is known."""
    figures: list[str] = []
    if error.needed is not None:
        figures.append(tr("{size} needed", size=size_text(error.needed)))
    if error.free is not None:
        figures.append(tr("{size} free", size=size_text(error.free)))
    return f" ({', '.join(figures)})" if figures else ""


def shown(value: object) -> str:
    """Returns a value in people's notation, on one line and of bounded length."""
    text = " ".join(str(value).split())
    if isinstance(value, str):
        text = f"“{text}”" if text else "“”"
    return text if len(text) <= 80 else f"{text[:76]} …{'”' if isinstance(value, str) else ''}"


def some(names: tuple[str, ...]) -> str:
    """Returns the first few names of a list that may be long."""
    first = ", ".join(shown(name) for name in names[:MOST_NAMES])
    return (
        tr("{names} and {count} more", names=first, count=len(names) - MOST_NAMES)
        if len(names) > MOST_NAMES
        else first
    )
