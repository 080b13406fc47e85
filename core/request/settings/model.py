"""The model that makes the picture. A recipe states more of it than its key, see `core.recipes.told`."""

from core.language.words import mark, tr
from core.request.json_values import plain_name, text_of
from core.request.request import STARTER_MODEL
from core.request.setting import Option, Setting, json_reader, json_writer

MODEL: Setting[str] = Setting(
    name="model",
    rebuilds=3,
    noun=mark("model"),
    words=lambda model: plain_name(model) or "unknown",
    card="{}",
    from_json=json_reader("model", lambda value: text_of(value, "model")),
    to_json=json_writer("model"),
    options=(
        Option(
            "--model",
            "NAME",
            tr("a model's name or folder (default: {starter_model})", starter_model=STARTER_MODEL),
            lambda text, _: text,
        ),
    ),
    can_branch=False,
    can_be_used=False,
    facet=lambda model: (model,),
)
