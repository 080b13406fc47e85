"""Pictures that stand beside the prompt, for models that edit by instruction: "make it winter"."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import InvalidRequest
from core.language.words import mark, plural, tr
from core.request.json_values import damaged, list_of, object_of, plain_name, text_of
from core.request.request import MOST_REFERENCES, GenerationRequest, Limits, Reference
from core.request.setting import Option, Setting, sparse_json_writer

_TOLD = "Reference pictures"
_HASH_DIGITS = 10
_ONE = re.compile(r"([^;]{0,200}) \(([0-9a-f]{10})\)(?:; |$)")


def _check(request: GenerationRequest, limits: Limits) -> None:
    """Leaves it to the engine to find the files, which need not be there for those that it knows."""
    if len(request.references) > limits.references:
        allowed = plural("1 picture at most", "at most {count} pictures", limits.references)
        raise InvalidRequest("reference", len(request.references), allowed)


def _to_json(references: tuple[Reference, ...]) -> list[dict[str, str]]:
    """Leaves out the folders: where a picture lies on somebody's disk is nobody else's business."""
    return [{"name": plain_name(one.path), "sha256": one.sha256} for one in references]


def _from_json(content: Mapping[str, Any]) -> tuple[Reference, ...]:
    entries = list_of(content.get("references", []), "references")[:MOST_REFERENCES]
    return tuple(_one(object_of(entry, "references")) for entry in entries)


def _one(told: Mapping[str, Any]) -> Reference:
    sha256 = text_of(told.get("sha256", ""), "sha256")
    if not re.fullmatch(r"([0-9a-f]{10,64})?", sha256):
        raise damaged("sha256", sha256, "hexadecimal digits")
    return Reference(plain_name(text_of(told.get("name", ""), "name")), sha256)


def _to_parameters(references: tuple[Reference, ...]) -> dict[str, object]:
    told = (f"{plain_name(one.path).replace(';', '')} ({one.sha256[:_HASH_DIGITS]})" for one in references)
    return {_TOLD: "; ".join(told)} if references else {}


def _take(told: dict[str, str], content: dict[str, Any]) -> None:
    found = _ONE.findall(told.get(_TOLD, ""))
    if found:
        del told[_TOLD]
        content["references"] = [{"name": name, "sha256": sha256} for name, sha256 in found]


def _read(text: str, so_far: tuple[Reference, ...]) -> tuple[Reference, ...]:
    return (*so_far, Reference(str(Path(text).expanduser().absolute())))


REFERENCES: Setting[tuple[Reference, ...]] = Setting(
    name="references",
    noun=mark("reference pictures"),
    words=lambda references: ", ".join(plain_name(one.path) or "?" for one in references) or "none",
    from_json=_from_json,
    to_json=sparse_json_writer("references", _to_json),
    check=_check,
    options=(
        Option(
            "--reference",
            "FILE",
            tr("a picture that the model looks at and changes as the prompt says; may be given several times"),
            _read,
            is_repeated=True,
        ),
    ),
    to_parameters=_to_parameters,
    take_parameters=_take,
    is_optional=True,
    fit=lambda references, limits, _own: references[: limits.references],
    rebuilds=1,
    can_branch=False,
    can_be_used=False,
)
