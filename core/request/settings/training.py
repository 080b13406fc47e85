"""A model's training where another computer with the same file may know less: chosen, or told beside the file."""

from core.language.words import mark, tr
from core.request.setting import Option, Setting, json_reader, sparse_json_writer
from core.request.traits import SCHEDULE, read_traits, trait_words, traits_from_text, traits_to_text

_ENTRY = "Training"


def _of_schedule(text: str) -> str:
    """Returns the part of the text that is understood."""
    return traits_to_text({name: value for name, value in traits_from_text(text).items() if name in SCHEDULE})


def _take(told: dict[str, str], content: dict[str, object]) -> None:
    if text := _of_schedule(told.get(_ENTRY, "")):
        del told[_ENTRY]
        content["training"] = text


TRAINING: Setting[str] = Setting(
    name="training",
    rebuilds=2,
    noun=mark("prediction type and schedule"),
    words=lambda text: ", ".join(trait_words(*item) for item in traits_from_text(text).items()),
    card="Trained: {}",
    from_json=json_reader("training", lambda value: _of_schedule(value) if isinstance(value, str) else ""),
    to_json=sparse_json_writer("training", str),
    fit=lambda _text, _limits, own: own,
    options=(
        Option(
            "--training",
            "NAME=VALUE",
            tr(
                "prediction_type=v_prediction, zero_snr=yes or shift=3, where Emulsion would take another "
                "(default: by the model, see `emulsion models info`)"
            ),
            lambda text, _: traits_to_text(read_traits(text.split(), SCHEDULE)),
        ),
    ),
    to_parameters=lambda text: {_ENTRY: text} if text else {},
    take_parameters=_take,
    can_branch=False,
    can_be_used=False,
)
