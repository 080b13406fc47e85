"""The textual inversion embeddings that act in a prompt, which names them; the engine finds out which they are.

In the ``parameters`` text of AUTOMATIC1111's program: ``TI hashes: "name: 0123456789ab"``
(``modules/textual_inversion`` there).
"""

import re
from collections.abc import Mapping
from typing import Any, cast

from core.language.words import mark, tr
from core.request.request import Embedding
from core.request.setting import Setting, sparse_json_writer

HASHES = "TI hashes"
MOST_EMBEDDINGS = 100
_HASH = re.compile(r"[0-9a-f]{0,64}")
_TOLD = re.compile(r"([^:,]{1,200}):\s{0,9}([0-9a-f]{1,64})(?=,|\s|$)")


def _to_json(embeddings: tuple[Embedding, ...]) -> list[dict[str, str]]:
    return [{"name": one.name, "hash": one.hash} for one in embeddings]


def _from_json(content: Mapping[str, Any]) -> tuple[Embedding, ...]:
    value: object = content.get("embeddings", [])
    if not isinstance(value, list):
        raise ValueError(tr("its recipe is damaged: its embeddings are not a list"))  # noqa: TRY004
    return tuple(_one(entry) for entry in cast("list[object]", value)[:MOST_EMBEDDINGS])


def _one(entry: object) -> Embedding:
    content = cast("Mapping[str, object]", entry) if isinstance(entry, dict) else {}
    name, hash_ = content.get("name"), content.get("hash", "")
    if not isinstance(name, str) or not isinstance(hash_, str) or not _HASH.fullmatch(hash_):
        raise ValueError(tr("its recipe is damaged: an embedding is not given as name and hash"))
    return Embedding(name[:200], hash_)


def _to_parameters(embeddings: tuple[Embedding, ...]) -> dict[str, object]:
    told = ", ".join(f"{re.sub('[:,]', '', one.name)}: {one.hash}" for one in embeddings)
    return {HASHES: told} if told else {}


def _take(told: dict[str, str], content: dict[str, Any]) -> None:
    found = _TOLD.findall(told.get(HASHES, ""))
    if found:
        del told[HASHES]
        content["embeddings"] = [{"name": name.strip(), "hash": hash_} for name, hash_ in found]


EMBEDDINGS: Setting[tuple[Embedding, ...]] = Setting(
    name="embeddings",
    noun=mark("embedding"),
    words=lambda embeddings: ", ".join(one.name for one in embeddings) or "none",
    from_json=_from_json,
    to_json=sparse_json_writer("embeddings", _to_json),
    to_parameters=_to_parameters,
    take_parameters=_take,
    is_optional=True,
    can_be_used=False,
)
