"""Values and names inside the sentences about errors."""

from core.errors import OutOfMemory
from core.files.sizes import size_text
from core.language.words import mark, quoted, tr

MOST_NAMES = 5
_LONGEST = 78
_FIELD_NAMES = {
    "steps": tr("number of steps"),
    "guidance": tr("guidance scale"),
    "count": tr("number of pictures"),
    "negative": tr("negative prompt"),
    "output": tr("output file"),
    "quantise": tr("number of bits"),
    "widen": tr("widening"),
    "hires": tr("hires fix"),
    "refine": tr("strength of refining"),
    "by": tr("factor of enlargement"),
    "tile": tr("size of tiles"),
    **{
        name: tr(name)
        for name in (
            *(mark("picture"), mark("axis"), mark("token"), mark("style"), mark("image"), mark("device")),
            *(mark("dtype"), mark("option"), mark("target"), mark("strength"), mark("width"), mark("height")),
            *(mark("mask area"), mark("mask padding"), mark("mask fill"), mark("mask softness")),
            *(mark("widened by"), mark("hires strength"), mark("hires steps"), mark("hires sampler")),
            *(mark("upscale by"), mark("variation seed"), mark("variation strength"), mark("seed size")),
            *(mark("reference"), mark("training"), mark("folder"), mark("file"), mark("memory")),
        )
    },
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
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 3]} …"
    return quoted(text) if isinstance(value, str) else text


def some(names: tuple[str, ...]) -> str:
    """Returns the first few names of a list that may be long."""
    first = ", ".join(shown(name) for name in names[:MOST_NAMES])
    return (
        tr("{names} and {count} more", names=first, count=len(names) - MOST_NAMES)
        if len(names) > MOST_NAMES
        else first
    )
