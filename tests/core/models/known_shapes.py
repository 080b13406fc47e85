"""The tensors that tell each kind of file, with the shapes of the real models."""

from __future__ import annotations

from tests.core.models.made_files import Shapes

UNET = "model.diffusion_model."


def flux(channels: int = 64, guidance: bool = True, norm: str = "scale") -> Shapes:
    more = {"guidance_in.in_layer.weight": (3072, 256)} if guidance else {}
    return {
        "img_in.weight": (3072, channels),
        "txt_in.weight": (3072, 4096),
        f"double_blocks.0.img_attn.norm.key_norm.{norm}": (128,),
        "double_blocks.0.img_attn.qkv.weight": (9216, 3072),
        **more,
    }


def flux2(hidden: int, text: int) -> Shapes:
    return {
        "img_in.weight": (hidden, 128),
        "txt_in.weight": (hidden, text),
        "double_stream_modulation_img.lin.weight": (hidden * 6, hidden),
        "double_blocks.0.img_attn.norm.key_norm.scale": (128,),
    }


def unet(width: int = 768, channels: int = 4, prefix: str = UNET) -> Shapes:
    place = "4.1" if width in (2048, 1280) else "1.1"
    return {
        f"{prefix}input_blocks.0.0.weight": (320, channels, 3, 3),
        f"{prefix}input_blocks.{place}.transformer_blocks.0.attn2.to_k.weight": (640, width),
        f"{prefix}output_blocks.11.0.in_layers.0.weight": (640,),
    }


def z_image(text: int = 2560) -> Shapes:
    return {
        "layers.0.adaLN_modulation.0.weight": (15360, 256),
        "cap_embedder.0.weight": (text,),
        "cap_embedder.1.weight": (3840, text),
        "noise_refiner.0.attention.k_norm.weight": (128,),
        "x_embedder.weight": (3840, 64),
        "layers.0.attention.qkv.weight": (11520, 3840),
    }


def qwen_image(text: int = 3584) -> Shapes:
    return {
        "txt_norm.weight": (text,),
        "img_in.weight": (3072, 64),
        "transformer_blocks.0.attn.add_q_proj.weight": (3072, 3072),
        "transformer_blocks.0.img_mlp.net.0.proj.weight": (12288, 3072),
    }


def language(hidden: int, *more: str, prefix: str = "model.") -> dict[str, tuple[int, ...]]:
    """A language model; ``more`` are tensors that only its kind has."""
    return {
        f"{prefix}embed_tokens.weight": (1000, hidden),
        f"{prefix}layers.0.input_layernorm.weight": (hidden,),
        f"{prefix}layers.0.self_attn.q_proj.weight": (hidden, hidden),
        **dict.fromkeys(more, (128,)),
    }


def llama_cpp(hidden: int, *more: str) -> Shapes:
    return {
        "token_embd.weight": (1000, hidden),
        "blk.0.attn_norm.weight": (hidden,),
        "blk.0.attn_q.weight": (hidden, hidden),
        **dict.fromkeys(more, (128,)),
    }


Q_NORM = "model.layers.0.self_attn.q_norm.weight"
K_BIAS = "model.layers.0.self_attn.k_proj.bias"
T5: Shapes = {
    "shared.weight": (1000, 4096),
    "encoder.block.0.layer.0.SelfAttention.q.weight": (4096, 4096),
    "encoder.final_layer_norm.weight": (4096,),
}
UMT5: Shapes = {**T5, "encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight": (32, 64)}


def clip(width: int) -> Shapes:
    return {
        "text_model.embeddings.token_embedding.weight": (1000, width),
        "text_model.encoder.layers.0.mlp.fc1.weight": (width * 4, width),
        "text_model.final_layer_norm.weight": (width,),
    }


def kl(channels: int, prefix: str = "") -> Shapes:
    return {
        f"{prefix}decoder.conv_in.weight": (512, channels, 3, 3),
        f"{prefix}encoder.conv_in.weight": (128, 3, 3, 3),
        **{f"{prefix}decoder.up.{level}.block.0.norm1.weight": (128,) for level in range(4)},
    }


FLUX2_VAE: Shapes = {**kl(32), "bn.running_mean": (128,), "bn.running_var": (128,)}
QWEN_VAE: Shapes = {
    "decoder.conv1.weight": (384, 16, 3, 3, 3),
    "encoder.downsamples.0.residual.2.weight": (96, 96, 3, 3, 3),
}
QWEN_21_VAE: Shapes = {
    "decoder.conv_in.weight": (1152, 64, 3, 3),
    "encoder.down_blocks.0.resnets.0.norm1.gamma": (96, 1, 1, 1),
}
SD1_CLIP = "cond_stage_model.transformer.text_model."
SD1: Shapes = {
    **unet(768),
    **kl(4, "first_stage_model."),
    f"{SD1_CLIP}encoder.layers.0.mlp.fc1.weight": (3072, 768),
    f"{SD1_CLIP}embeddings.position_embedding.weight": (77, 768),
    f"{SD1_CLIP}final_layer_norm.weight": (768,),
}
XL: Shapes = {
    **unet(2048),
    **kl(4, "first_stage_model."),
    "conditioner.embedders.0.transformer.text_model.encoder.layers.0.mlp.fc1.weight": (3072, 768),
    "conditioner.embedders.0.transformer.text_model.embeddings.position_embedding.weight": (77, 768),
    "conditioner.embedders.0.transformer.text_model.final_layer_norm.weight": (768,),
    "conditioner.embedders.1.model.transformer.resblocks.0.mlp.c_fc.weight": (5120, 1280),
    "conditioner.embedders.1.model.positional_embedding": (77, 1280),
    "conditioner.embedders.1.model.ln_final.weight": (1280,),
}
