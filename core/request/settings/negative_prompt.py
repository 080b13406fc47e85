"""The content that the picture moves away from; without guidance it has no effect."""

from core.language.words import mark, tr
from core.request.json_values import text_of
from core.request.setting import Option, Setting, json_reader, json_writer

NEGATIVE_PROMPT: Setting[str] = Setting(
    name="negative_prompt",
    rebuilds=1,
    noun=mark("negative prompt"),
    card=tr("Negative prompt: {}"),
    from_json=json_reader("negative_prompt", lambda value: text_of(value, "negative_prompt")),
    to_json=json_writer("negative_prompt"),
    options=(Option("--negative", "TEXT", tr("what to leave out of it"), lambda text, _: text),),
    is_prose=True,
)
