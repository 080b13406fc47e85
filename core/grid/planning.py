"""Makes a grid of what was typed, and finds out before the first picture what in it cannot work."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

from core.errors import InvalidRequest
from core.grid.axes import AXES, AxisKind, axis_kind
from core.grid.grid import ID_DIGITS, NAMES, Axis, Grid
from core.grid.values import MOST_VALUES, counted, split
from core.language.words import tr
from core.models.catalogue import Catalogue, Model
from core.models.compatibility import check_autoencoder, check_controls, check_loras
from core.pictures.masked_picture import check_source
from core.pictures.reference import read_reference
from core.prompt.drawing import drawn
from core.request.numbering import seeded
from core.request.request import GenerationRequest
from core.request.settings import validate
from core.request.settings.loras import with_tags
from core.request.settings.seed import RANDOM_SEEDS

MOST_PICTURES = 5_000


def plan(request: GenerationRequest, typed: Sequence[tuple[str, str]]) -> Grid:
    """Returns the grid of a request over at most three axes, each given as the name of its kind and its values.

    A name of "" leaves a direction out. A seed that the request does not have is drawn, for all pictures the same.
    Raises InvalidRequest with the value and what was expected.
    """
    axes = [_axis(name, text) for name, text in typed]
    if not any(axis.kind for axis in axes):
        raise InvalidRequest("axis", tr("nothing"), tr("one of {axes}, on X, Y or Z", axes=", ".join(AXES)))
    _check_kinds([AXES[axis.kind] for axis in axes if axis.kind])
    x, y, z = (*axes, Axis(), Axis(), Axis())[: len(NAMES)]
    grid = Grid(secrets.token_hex(ID_DIGITS // 2), replace(seeded(request), count=1), (x, y, z))
    if grid.count > MOST_PICTURES:
        raise InvalidRequest(
            "grid",
            tr("{count:,} pictures", count=grid.count),
            tr("at most {most_pictures:,} pictures", most_pictures=MOST_PICTURES),
        )
    for number in range(grid.count):
        grid.request_of(number)
    return grid


def check(grid: Grid, catalogue: Catalogue) -> None:
    """Checks each picture's settings against its model, and that add-ons and source can be read.

    Raises InvalidRequest, ModelMissing, ModelBroken, LoraMissing, LoraBroken, WrongFamily, AutoencoderMissing,
    WrongAutoencoder, ControlMissing, ControlBroken or UnreadablePicture.
    """
    models: dict[str, Model] = {}
    seen: set[object] = set()
    for number in range(grid.count):
        request = with_tags(drawn(grid.request_of(number), catalogue.wildcards.values))
        model = models.get(request.model) or catalogue.find(request.model)
        models[request.model] = model
        validate(request, model.limits)
        if (model.key, request.active_loras) not in seen:
            check_loras(request, model, catalogue.loras)
        if request.autoencoder is not None and (model.key, request.autoencoder) not in seen:
            check_autoencoder(catalogue.autoencoders.find(request.autoencoder), model)
        source = (request.source, request.mask, request.size) if request.source is not None else None
        if source is not None and source not in seen:
            check_source(request)
        for reference in request.references:
            if reference not in seen:
                read_reference(reference)
        if (model.key, request.controls) not in seen:
            check_controls(request, model, catalogue.controls)
        seen |= {(model.key, request.controls)}
        seen |= {(model.key, request.active_loras), (model.key, request.autoencoder), source, *request.references}


def _axis(name: str, text: str) -> Axis:
    if not name:
        return Axis()
    kind = axis_kind(name)
    entries = [entry for entry in split(text) if entry or kind.takes_nothing]
    values = [value for entry in entries for value in counted(kind.title, entry, kind.numbers)]
    if kind.name == "seed":
        values = [str(secrets.randbelow(RANDOM_SEEDS)) if value == "-1" else value for value in values]
    values = list(dict.fromkeys(values))  # nothing is made twice
    if not any(values) or len(values) > MOST_VALUES:
        axis, sentence = tr("{title} axis", title=kind.title), ""
        if any(values):
            expected = tr("at most {most_values:,} values", most_values=MOST_VALUES)
        else:
            expected = tr("values such as {hint}", hint=kind.hint)
            sentence = tr("Values for “{title}” are missing, such as {hint}.", title=kind.title, hint=kind.hint)
        raise InvalidRequest(axis, text or tr("nothing"), expected, sentence=sentence)
    return Axis(kind.name, text, tuple(values))


def _check_kinds(kinds: Sequence[AxisKind]) -> None:
    for number, kind in enumerate(kinds):
        if any(kind is other and not kind.is_added for other in kinds[:number]):
            raise InvalidRequest("axis", kind.title, tr("on one axis only"))
