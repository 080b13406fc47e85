"""A network with a part of another model is refused in words, with both kinds, before any weight is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.messages.errors import message
from core.checkpoints.cache import CheckpointCache
from core.errors import WrongPart
from core.families import FAMILIES
from core.models.parts import check_part, wanted_by
from tests.core.models.known_files import FILES
from tests.core.models.made_files import Shapes, safetensors

ENCODERS = {name: FILES[name][2] for name, file in FILES.items() if file[1] == "text encoder"}
AUTOENCODERS = {name: FILES[name][2] for name, file in FILES.items() if file[1] == "autoencoder"}
NETWORKS: dict[str, dict[str, str]] = {
    "z_image_turbo": {"text_encoder": "qwen_3_4b", "vae": "ae"},
    "flux-2-klein-base-4b": {"text_encoder": "qwen_3_4b", "vae": "flux2-vae"},
    "flux-2-klein-9b-distilled": {"text_encoder": "qwen_3_8b", "vae": "flux2-vae"},
    "flux1-dev": {"text_encoder": "clip_l", "text_encoder_2": "t5xxl_fp16", "vae": "ae"},
    "Chroma1-HD": {"text_encoder": "t5xxl_fp16", "vae": "ae"},
    "qwen_image": {"text_encoder": "qwen_2.5_vl_7b", "vae": "qwen_image_vae"},
    "krea2_turbo": {"text_encoder": "qwen3vl_4b", "vae": "qwen_image_vae"},
    "sd3.5_large_turbo": {
        "text_encoder": "clip_l",
        "text_encoder_2": "clip_g",
        "text_encoder_3": "t5xxl_fp16",
        "vae": "sd3_vae",
    },
}
"""The file that fits, for each part that a network needs."""

MORE: dict[str, Shapes] = {
    "flux1-dev": {
        "vector_in.in_layer.weight": (3072, 768),
        "final_layer.linear.weight": (64, 3072),
        "double_blocks.0.img_mod.lin.weight": (18432, 3072),
    },
    "Chroma1-HD": {"distilled_guidance_layer.in_proj.weight": (5120, 64)},
    "qwen_image": {
        "transformer_blocks.0.attn.norm_q.weight": (128,),
        "transformer_blocks.0.img_mod.1.weight": (18432, 3072),
    },
    "krea2_turbo": {"txtfusion.layerwise_blocks.0.prenorm.scale": (2560,)},
    "sd3.5_large_turbo": {
        "pos_embed": (1, 36864, 1536),
        "context_embedder.weight": (1536, 4096),
        "y_embedder.mlp.0.weight": (1536, 2048),
    },
}
"""Tensors that tell the sizes of a network, without which it cannot be built."""

PAIRS = [
    (network, part, other)
    for network, fitting in NETWORKS.items()
    for part in fitting
    for other in (*(AUTOENCODERS if part == "vae" else ENCODERS), "v1-5", "ink-lora")
]
WRONG = [(network, part, other) for network, part, other in PAIRS if NETWORKS[network][part] != other]


def network_file(folder: Path, name: str) -> Path:
    return safetensors(folder / f"{name}.safetensors", {**FILES[name][0], **MORE.get(name, {})})


def test_there_are_more_than_30_wrong_pairs_over_each_family_that_looks_for_parts(tmp_path: Path) -> None:
    assert len(WRONG) > 30
    files = (network_file(tmp_path, name) for name in NETWORKS)
    found = {CheckpointCache().kind_of(file).family for file in files}
    assert found == {key for key, family in FAMILIES.items() if "vae" in family.roles}


@pytest.mark.parametrize(("network", "part", "other"), PAIRS, ids=str)
def test_each_pair_is_taken_or_refused_with_both_kinds(
    tmp_path: Path, network: str, part: str, other: str
) -> None:
    memory = CheckpointCache()
    kind = memory.kind_of(network_file(tmp_path, network))
    place = safetensors(tmp_path / f"{other}.safetensors", FILES[other][0])
    if (network, part, other) not in WRONG:
        check_part(kind, network, part, place, memory)
        return
    with pytest.raises(WrongPart) as refused:
        check_part(kind, network, part, place, memory)
    said = str(message(refused.value))
    assert wanted_by(kind)[part].name in said
    if part != "vae":
        assert ENCODERS[NETWORKS[network][part]] in said
    assert (ENCODERS | AUTOENCODERS).get(other, FILES[other][2] if other == "ink-lora" else "CLIP-L") in said


def test_the_autoencoder_of_a_family_with_the_same_tensors_is_known_by_its_name(tmp_path: Path) -> None:
    memory = CheckpointCache()
    kind = memory.kind_of(safetensors(tmp_path / "z_image_turbo.safetensors", FILES["z_image_turbo"][0]))
    with pytest.raises(WrongPart, match="of another family, by its name"):
        check_part(kind, "z", "vae", safetensors(tmp_path / "sd3_vae.safetensors", FILES["ae"][0]), memory)
