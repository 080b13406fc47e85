"""Each kind of file that people have is named, with its variant and its packing, from its header and its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.messages.identity import identity_text
from core.models.identity import Identity, identify
from tests.core.models import known_shapes as shapes
from tests.core.models.known_files import CONTROL, ENCODER, FILES, NETWORK, Z
from tests.core.models.known_shapes import UNET, flux, flux2, llama_cpp
from tests.core.models.made_files import gguf, noted, safetensors

PREFIXED = ("flux1-dev", "z_image_turbo", "qwen_image", "krea2_turbo", "unet-inpainting")


def told(facts: Identity) -> tuple[str, str, str]:
    return facts.kind, facts.name, facts.variant


@pytest.mark.parametrize("name", FILES)
def test_each_kind_of_file_is_named(tmp_path: Path, name: str) -> None:
    tensors, kind, called, variant = FILES[name]
    facts = identify(safetensors(tmp_path / f"{name}.safetensors", tensors))
    assert told(facts) == (kind, called, variant)
    assert facts.packing == "bf16"
    assert facts.path.name in identity_text(facts)
    if kind == NETWORK and not facts.family:
        assert (
            facts.name in facts.problem
            or facts.variant in facts.problem
            or "U-Net" in facts.problem
            or facts.problem
        )
    if kind in (CONTROL, "LoRA"):
        assert not facts.family


@pytest.mark.parametrize("name", PREFIXED)
def test_other_programs_begin_the_names_otherwise(tmp_path: Path, name: str) -> None:
    tensors, *expected = FILES[name]
    prefixed = {f"{UNET}{tensor.removeprefix(UNET)}": shape for tensor, shape in tensors.items()}
    assert told(identify(safetensors(tmp_path / f"{name}.safetensors", prefixed))) == tuple(expected)


GGUFS = {
    "flux": (flux(), "flux", NETWORK, "FLUX.1"),
    "z_image": (Z, "lumina2", NETWORK, "Z-Image"),
    "qwen_image": (shapes.qwen_image(), "qwen_image", NETWORK, "Qwen-Image"),
    "klein": (flux2(3072, 7680), "pig", NETWORK, "FLUX.2 klein 4B"),
    "t5": (
        {"enc.blk.0.attn_q.weight": (4096, 4096), "enc.output_norm.weight": (4096,)},
        "t5encoder",
        ENCODER,
        "T5 XXL",
    ),
    "qwen3": (llama_cpp(2560, "blk.0.attn_q_norm.weight"), "qwen3", ENCODER, "Qwen3 4B"),
    "qwen3vl": (llama_cpp(2560, "blk.0.attn_q_norm.weight"), "qwen3vl", ENCODER, "Qwen3-VL 4B"),
    "qwen2vl": (llama_cpp(3584, "blk.0.attn_k.bias"), "qwen2vl", ENCODER, "Qwen2.5-VL 7B"),
    "mistral": (llama_cpp(5120), "llama", ENCODER, "Mistral Small 3"),
    "mmproj": (
        {"v.blk.0.attn_q.weight": (64, 64)},
        "clip",
        "part",
        "the half of a language model that reads pictures (mmproj)",
    ),
}


@pytest.mark.parametrize("name", GGUFS)
def test_gguf_files_are_named_by_the_same_table(tmp_path: Path, name: str) -> None:
    tensors, architecture, kind, called = GGUFS[name]
    dtype = "Q4_K" if all(s[-1] % 256 == 0 for s in tensors.values() if len(s) > 1) else "Q8_0"  # type: ignore[union-attr]
    facts = identify(gguf(tmp_path / f"{name}.gguf", tensors, dtype, architecture))
    assert (facts.kind, facts.name, facts.packing) == (kind, called, f"GGUF {dtype}")


LAYER = "layers.0.attention.qkv"
PACKED: dict[str, Callable[[Path], Path]] = {
    "fp16": lambda path: safetensors(path, Z, "F16"),
    "fp32": lambda path: safetensors(path, Z, "F32"),
    "fp8 e4m3": lambda path: safetensors(path, Z, "F8_E4M3"),
    "fp8 e5m2": lambda path: safetensors(path, Z, "F8_E5M2"),
    "fp8 e4m3, scaled": lambda path: safetensors(path, {**Z, f"{LAYER}.weight_scale": ("F32", ())}, "F8_E4M3"),
    "fp8 e4m3, scaled (older layout)": lambda path: safetensors(
        path, {**Z, f"{LAYER}.scale_weight": ("F32", (1,)), "scaled_fp8": ("F8_E4M3", (2,))}, "F8_E4M3"
    ),
    "fp8 e4m3, scaled (comfy_quant)": lambda path: noted(path, Z, LAYER, {"format": "float8_e4m3fn"}, "F8_E4M3"),
    "int8": lambda path: noted(path, Z, LAYER, {"format": "int8_tensorwise"}),
    "int8 ConvRot": lambda path: noted(
        path, Z, LAYER, {"format": "int8_tensorwise", "params": {"convrot": True, "convrot_groupsize": 256}}
    ),
    "MXFP8": lambda path: safetensors(path, {**Z, f"{LAYER}.weight_scale": ("F8_E8M0", (11520, 120))}, "F8_E4M3"),
    "NVFP4": lambda path: noted(path, Z, LAYER, {"format": "nvfp4"}, "U8"),
    "int4 ConvRot (w4a4)": lambda path: noted(path, Z, LAYER, {"format": "convrot_w4a4"}, "I8"),
    "NF4 (bitsandbytes)": lambda path: safetensors(
        path, {**Z, f"{LAYER}.weight.quant_state.bitsandbytes__nf4": ("U8", (80,))}, "U8"
    ),
    "SVDQuant (Nunchaku)": lambda path: safetensors(path, {**Z, f"{LAYER}.wscales": ("BF16", (60, 8))}, "I8"),
    "SDNQ": lambda path: safetensors(path, {**Z, f"{LAYER}.scale": ("F32", (8, 1))}, "I8"),
    "GPTQ or AWQ": lambda path: safetensors(path, {**Z, f"{LAYER}.qweight": ("I32", (8, 8))}, "F16"),
    "torchao": lambda path: safetensors(
        path, {**Z, f"{LAYER}.weight:qdata": ("F8_E4M3", (8, 8))}, "BF16", layer='{"_type": "Float8Tensor"}'
    ),
}


@pytest.mark.parametrize("name", PACKED)
def test_each_packing_is_named(tmp_path: Path, name: str) -> None:
    facts = identify(PACKED[name](tmp_path / "z_image_turbo.safetensors"))
    assert (facts.packing, facts.name) == (name, "Z-Image")


def test_the_notes_in_the_metadata_count_before_those_beside_the_layers(tmp_path: Path) -> None:
    note = '{"format_version": "1.0", "layers": {"a": {"format": "mxfp8"}}}'
    path = safetensors(tmp_path / "a.safetensors", Z, "F8_E4M3", _quantization_metadata=note)
    assert identify(path).packing == "MXFP8"
    hostile = '{"layers": ' + "[" * 5000 + "]" * 5000 + "}"
    path = safetensors(tmp_path / "a.safetensors", Z, "F8_E4M3", _quantization_metadata=hostile)
    assert identify(path).packing == "fp8 e4m3"


def test_a_variant_that_nothing_tells_is_left_open(tmp_path: Path) -> None:
    facts = identify(safetensors(tmp_path / "zimg.safetensors", Z))
    assert facts.undecided == ("Turbo", "base")
    assert "do not show whether it is Turbo / base" in identity_text(facts)
    assert not identify(safetensors(tmp_path / "zimg-turbo.safetensors", Z)).undecided
