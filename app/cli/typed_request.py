"""The request of a command line: an option for each setting, see `core.request.setting.Option`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import Any

from app.cli.typed_widening import suited_to_wider, widened_in_pixels
from core.errors import InvalidRequest
from core.language.words import tr
from core.models.catalogue import Model
from core.models.own_defaults import defaults_of
from core.paths import Folders
from core.prompt.styles import FILE_NAME, Style, read_styles
from core.request.request import GenerationRequest
from core.request.settings import SETTINGS
from core.request.settings.count import COUNT
from core.request.typed_values import storable
from core.settings.settings import Settings


def add_request_options(parser: ArgumentParser, *, is_grid: bool = False) -> None:
    """Declares an option for each setting; for a grid without that of several pictures, and without duty."""
    for setting in SETTINGS:
        for option in setting.options if setting is not COUNT or not is_grid else ():
            action = "append" if option.is_repeated else "store"
            free: dict[str, Any] = {"nargs": "?"} if is_grid and not option.flag.startswith("-") else {}
            parser.add_argument(option.flag, metavar=option.metavar, action=action, help=option.help, **free)
    about = tr("a style that was kept in the window, around the prompts; may be given several times")
    parser.add_argument("--style", metavar="NAME", action="append", help=about)


def typed_request(arguments: Namespace, model: Model, settings: Settings) -> GenerationRequest:
    """Returns the model's own settings with those that were typed. Raises InvalidRequest or UnreadablePicture."""
    own = replace(defaults_of(model, settings.model_defaults.get(model.key)), variants=True)
    values: dict[str, Any] = {}
    arguments.widen = widened_in_pixels(arguments, model.limits.size_step)
    for setting in SETTINGS:
        value = setting.of(own)
        for option in setting.options:
            typed = getattr(arguments, option.name, None)
            for text in typed or () if option.is_repeated else () if typed is None else (typed,):
                value = option.read(storable(option.name, text), value)
        values[setting.name] = value
    request = suited_to_wider(GenerationRequest(**values), arguments, model)
    for name in arguments.style or ():
        prompts = _style(name).over(request.prompt, request.negative_prompt)
        request = replace(request, prompt=prompts[0], negative_prompt=prompts[1])
    return request


def _style(name: str) -> Style:
    """Finds a style of the user's. Raises InvalidRequest or StylesUnreadable."""
    path = Folders.default().data / FILE_NAME
    styles = {style.name: style for style in read_styles(path)} if path.exists() else {}
    if name not in styles:
        raise InvalidRequest("style", name, tr("one of {names}", names=", ".join(styles) or tr("none so far")))
    return styles[name]
