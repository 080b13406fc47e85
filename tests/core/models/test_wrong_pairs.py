"""A network with a part of another model is refused in words, with both kinds, before any weight is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.messages.errors import message
from core.checkpoints.cache import CheckpointCache
from core.errors import WrongPart
from core.models.parts import check_part, wanted_by
from tests.core.models.known_files import FILES
from tests.core.models.made_files import safetensors

ENCODERS = {name: FILES[name][2] for name, file in FILES.items() if file[1] == "text encoder"}
AUTOENCODERS = {name: FILES[name][2] for name, file in FILES.items() if file[1] == "autoencoder"}
NETWORKS = {
    "z_image_turbo": ("Qwen3 4B", "qwen_3_4b", "ae"),
    "flux-2-klein-base-4b": ("Qwen3 4B", "qwen_3_4b", "flux2-vae"),
    "flux-2-klein-9b-distilled": ("Qwen3 8B", "qwen_3_8b", "flux2-vae"),
}
"""The encoder that each needs, and the files that fit."""

PAIRS = [(network, part) for network in NETWORKS for part in (*ENCODERS, *AUTOENCODERS, "v1-5", "ink-lora")]
WRONG = [(network, part) for network, part in PAIRS if part not in NETWORKS[network]]


def test_there_are_more_than_30_wrong_pairs() -> None:
    assert len(WRONG) > 30


@pytest.mark.parametrize(("network", "other"), PAIRS, ids=str)
def test_each_pair_is_taken_or_refused_with_both_kinds(tmp_path: Path, network: str, other: str) -> None:
    memory = CheckpointCache()
    kind = memory.kind_of(safetensors(tmp_path / f"{network}.safetensors", FILES[network][0]))
    part = "vae" if other in AUTOENCODERS else "text_encoder"
    place = safetensors(tmp_path / f"{other}.safetensors", FILES[other][0])
    if (network, other) not in WRONG:
        check_part(kind, network, part, place, memory)
        return
    with pytest.raises(WrongPart) as refused:
        check_part(kind, network, part, place, memory)
    said = str(message(refused.value))
    assert wanted_by(kind)[part].name in said
    if other in ENCODERS:
        assert NETWORKS[network][0] in said
    assert (ENCODERS | AUTOENCODERS).get(other, FILES[other][2] if other == "ink-lora" else "CLIP-L") in said


def test_the_autoencoder_of_a_family_with_the_same_tensors_is_known_by_its_name(tmp_path: Path) -> None:
    memory = CheckpointCache()
    kind = memory.kind_of(safetensors(tmp_path / "z_image_turbo.safetensors", FILES["z_image_turbo"][0]))
    with pytest.raises(WrongPart, match="of another family, by its name"):
        check_part(kind, "z", "vae", safetensors(tmp_path / "sd3_vae.safetensors", FILES["ae"][0]), memory)
