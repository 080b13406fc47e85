"""The content of the picture."""

from core.language.words import mark, tr
from core.request.json_values import text_of
from core.request.setting import Option, Setting, json_reader, json_writer

PROMPT: Setting[str] = Setting(
    name="prompt",
    rebuilds=1,
    noun=mark("prompt"),
    from_json=json_reader("prompt", lambda value: text_of(value, "prompt")),
    to_json=json_writer("prompt"),
    options=(Option("prompt", "PROMPT", tr("what the picture shows, in quotes"), lambda text, _: text),),
    is_prose=True,
)
