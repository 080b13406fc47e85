"""One file for each kind that people have: its name, its tensors, and what it is."""

from __future__ import annotations

from tests.core.models import known_shapes as shapes
from tests.core.models.known_shapes import K_BIAS, Q_NORM, clip, flux, flux2, kl, language, unet
from tests.core.models.made_files import Shapes

NETWORK, ENCODER, VAE, CONTROL, UP = "network", "text encoder", "autoencoder", "ControlNet", "upscaler"
Z = shapes.z_image()
SD35 = {"joint_blocks.0.context_block.attn.qkv.weight": (4608, 1536), "x_embedder.proj.weight": (1536, 16, 2, 2)}

FILES: dict[str, tuple[Shapes, str, str, str]] = {
    # name of the file: tensors, kind, name, variant
    "flux1-dev": (flux(), NETWORK, "FLUX.1", "dev"),
    "flux1-resaved": (flux(norm="weight"), NETWORK, "FLUX.1", "dev"),
    "flux1-schnell": (flux(guidance=False), NETWORK, "FLUX.1", "schnell"),
    "flux1-fill-dev": (flux(384), NETWORK, "FLUX.1", "Fill, dev"),
    "flux1-canny-dev": (flux(128), NETWORK, "FLUX.1", "Canny or Depth, dev"),
    "flux1-krea-dev": (flux(), NETWORK, "FLUX.1", "Krea, dev"),
    "flux1-dev-kontext": (flux(), NETWORK, "FLUX.1", "Kontext, dev"),
    "flux-2-klein-base-4b": (flux2(3072, 7680), NETWORK, "FLUX.2 klein 4B", "base"),
    "flux-2-klein-9b-distilled": (flux2(4096, 12288), NETWORK, "FLUX.2 klein 9B", "distilled"),
    "flux2-dev": (flux2(6144, 15360), NETWORK, "FLUX.2 dev", ""),
    "flux3": ({"early_stream_modulations.image.lin.weight": (8, 8)}, NETWORK, "FLUX.3", ""),
    "flux3-klein": (
        {"early_stream_modulations.image.lin.weight": (8, 8), "ref_time_in.in_layer.weight": (8, 8)},
        NETWORK,
        "FLUX.3",
        "klein, distilled",
    ),
    "Chroma1-HD": ({**flux(), "distilled_guidance_layer.norms.0.scale": (5120,)}, NETWORK, "Chroma", ""),
    "Chroma1-Flash": ({**flux(), "distilled_guidance_layer.0.norms.0.scale": (5120,)}, NETWORK, "Chroma", "Flash"),
    "Chroma1-Radiance": (
        {**flux(), "distilled_guidance_layer.norms.0.scale": (5120,), "nerf_blocks.0.norm.scale": (64,)},
        NETWORK,
        "Chroma",
        "Radiance (pixels)",
    ),
    "sd3.5_medium": (
        {**SD35, "joint_blocks.0.x_block.attn2.qkv.weight": (4608, 1536)},
        NETWORK,
        "Stable Diffusion 3",
        "3.5 Medium",
    ),
    "sd3.5_large_turbo": (
        {**SD35, "joint_blocks.37.x_block.attn.qkv.weight": (8, 8)},
        NETWORK,
        "Stable Diffusion 3",
        "3.5 Large, Turbo",
    ),
    "z_image_turbo": (Z, NETWORK, "Z-Image", "Turbo"),
    "z-image-base": (Z, NETWORK, "Z-Image", "base"),
    "z-image-omni-base": ({**Z, "siglip_embedder.0.weight": (8,)}, NETWORK, "Z-Image", "omni, base"),
    "lumina2": (
        {"cap_embedder.1.weight": (2304, 2304), "noise_refiner.0.attention.k_norm.weight": (96,)},
        NETWORK,
        "Lumina 2",
        "",
    ),
    "qwen_image": (shapes.qwen_image(), NETWORK, "Qwen-Image", ""),
    "qwen_image_edit_2511": (
        {**shapes.qwen_image(), "__index_timestep_zero__": (1,)},
        NETWORK,
        "Qwen-Image",
        "Edit 2511, Edit",
    ),
    "qwen_image_2.1_turbo": ({"txt_in.text_norm.weight": (4096,)}, NETWORK, "Qwen-Image 2.1", "Turbo"),
    "mage_flow": (shapes.qwen_image(2560), NETWORK, "Mage-Flow", ""),
    "krea2_turbo": ({"txtfusion.projector.weight": (1, 12), "first.weight": (8, 64)}, NETWORK, "Krea 2", "Turbo"),
    "krea2_raw": ({"text_fusion.projector.weight": (1, 12)}, NETWORK, "Krea 2", "Raw"),
    "anima": (
        {"net.blocks.0.mlp.layer1.weight": (8, 8), "net.llm_adapter.blocks.0.cross_attn.q_proj.weight": (8, 8)},
        NETWORK,
        "Anima",
        "",
    ),
    "cosmos": (
        {"net.blocks.0.mlp.layer1.weight": (8, 8), "net.blocks.0.cross_attn.q_proj.weight": (8, 8)},
        NETWORK,
        "Cosmos-Predict2",
        "",
    ),
    "ernie": ({"layers.0.mlp.linear_fc2.weight": (8, 8)}, NETWORK, "ERNIE-Image", ""),
    "hidream": ({"caption_projection.0.linear.weight": (8, 8)}, NETWORK, "HiDream", ""),
    "auraflow": ({"double_layers.0.attn.w1q.weight": (8, 8)}, NETWORK, "AuraFlow", ""),
    "pixart": ({"t_block.1.weight": (8, 8)}, NETWORK, "PixArt", ""),
    "sana_1.6b": (
        {
            "attention_y_norm.weight": (8,),
            **{f"blocks.{i}.cross_attn.q_linear.weight": (8, 8) for i in range(20)},
        },
        NETWORK,
        "Sana",
        "1.6B",
    ),
    "v1-5": (shapes.SD1, "whole checkpoint", "Stable Diffusion 1.x", ""),
    "sd_xl_base": (shapes.XL, "whole checkpoint", "Stable Diffusion XL", ""),
    "unet-inpainting": (unet(768, 9), NETWORK, "Stable Diffusion 1.x", "inpainting"),
    "xl-unet-only": (unet(2048, prefix=""), NETWORK, "Stable Diffusion XL", ""),
    "clip_l": (clip(768), ENCODER, "CLIP-L", ""),
    "clip_g": (clip(1280), ENCODER, "CLIP-G", ""),
    "t5xxl_fp16": (shapes.T5, ENCODER, "T5 XXL", ""),
    "umt5_xxl": (shapes.UMT5, ENCODER, "UMT5 of width 4096", ""),
    "qwen_3_06b_base": (language(1024, Q_NORM), ENCODER, "Qwen3 0.6B", ""),
    "qwen_3_4b": (language(2560, Q_NORM), ENCODER, "Qwen3 4B", ""),
    "qwen_3_8b": (language(4096, Q_NORM), ENCODER, "Qwen3 8B", ""),
    "qwen_2.5_vl_7b": (
        language(3584, K_BIAS, "visual.patch_embed.proj.weight"),
        ENCODER,
        "Qwen2.5-VL 7B",
        "",
    ),
    "qwen3vl_4b": (
        language(2560, Q_NORM, "model.visual.deepstack_merger_list.0.norm.weight"),
        ENCODER,
        "Qwen3-VL 4B",
        "",
    ),
    "qwen3vl_8b": (
        language(4096, "visual.deepstack_merger_list.0.norm.weight", prefix="language_model.")
        | {"language_model.layers.0.self_attn.q_norm.weight": (128,)},
        ENCODER,
        "Qwen3-VL 8B",
        "",
    ),
    "mistral_3_small_flux2": (language(5120), ENCODER, "Mistral Small 3", ""),
    "ministral-3-3b": (language(3072), ENCODER, "Ministral 3B", ""),
    "gemma_2_2b": (
        language(2304, "model.layers.0.post_feedforward_layernorm.weight"),
        ENCODER,
        "Gemma 2 2B",
        "",
    ),
    "ae": (kl(16), VAE, "an autoencoder with 16 latent channels", ""),
    "sd3_vae": (kl(16), VAE, "an autoencoder with 16 latent channels", ""),
    "flux2-vae": (shapes.FLUX2_VAE, VAE, "the autoencoder of FLUX.2 with 32 latent channels", ""),
    "qwen_image_vae": (shapes.QWEN_VAE, VAE, "the autoencoder of Qwen-Image with 16 latent channels", ""),
    "qwen_image_2.1_vae": (
        shapes.QWEN_21_VAE,
        VAE,
        "the autoencoder of Qwen-Image 2.1 with 64 latent channels",
        "",
    ),
    "taesd_decoder": (
        {"1.weight": (64, 4, 3, 3), "3.conv.0.weight": (64, 64, 3, 3)},
        "tiny autoencoder",
        "a tiny autoencoder for previews",
        "",
    ),
    "ink-lora": (
        {"lora_unet_a.lora_down.weight": (4, 8), "lora_unet_a.lora_up.weight": (8, 4)},
        "LoRA",
        "a LoRA",
        "",
    ),
    "easynegative": ({"emb_params": (8, 768)}, "embedding", "a textual inversion", ""),
    "diffusers-embedding": ({"<cat>": (1, 768)}, "embedding", "a textual inversion", ""),
    "control_sd15": (
        {"controlnet_cond_embedding.conv_in.weight": (16, 3, 3, 3), "conv_in.weight": (320, 4, 3, 3)}
        | {"down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight": (320, 768)},
        CONTROL,
        "a ControlNet",
        "",
    ),
    "control_original": (
        {f"control_model.{name}": (320, 4, 3, 3) for name in ("zero_convs.0.0.weight", "input_blocks.0.0.weight")},
        CONTROL,
        "a ControlNet",
        "",
    ),
    "xl-union-promax": (
        {
            "control_add_embedding.linear_1.bias": (1280,),
            "task_embedding": (8, 320),
            "conv_in.weight": (320, 4, 3, 3),
        }
        | {"controlnet_cond_embedding.conv_in.weight": (16, 3, 3, 3)},
        CONTROL,
        "a ControlNet union for Stable Diffusion XL",
        "(ProMax)",
    ),
    "flux-union-pro": (
        {**flux(), "controlnet_blocks.0.weight": (8, 8), "controlnet_mode_embedder.weight": (8, 8)},
        CONTROL,
        "a ControlNet for FLUX.1",
        "",
    ),
    "sd3-control": (
        {**SD35, "pos_embed_input.proj.weight": (8, 17, 2, 2)},
        CONTROL,
        "a ControlNet for Stable Diffusion 3",
        "",
    ),
    "qwen-instantx": (
        {**shapes.qwen_image(), "controlnet_blocks.0.weight": (8, 8), "controlnet_x_embedder.weight": (8, 8)},
        CONTROL,
        "a ControlNet for Qwen-Image",
        "",
    ),
    "z-image-fun": (
        {**Z, "control_layers.0.attention.qkv.weight": (8, 8)},
        CONTROL,
        "a ControlNet for Z-Image",
        "",
    ),
    "control-lora": (
        {"lora_controlnet": (1,), "input_blocks.1.0.emb_layers.1.up": (8, 8)},
        CONTROL,
        "a Control-LoRA",
        "",
    ),
    "diff_control_sd15": (
        {f"control_model.{name}": (320, 4, 3, 3) for name in ("zero_convs.0.0.weight", "input_blocks.0.0.weight")}
        | {"difference": (0,)},
        CONTROL,
        "the difference of a ControlNet to a model",
        "",
    ),
    "t2iadapter_style_sd14v1": (
        {"style_embedding": (1, 8, 1024), "proj": (1024, 768), "ln_post.weight": (1024,)},
        CONTROL,
        "a T2I-Adapter for style, which CLIP serves",
        "",
    ),
    "coadapter-fuser-sd15v1": (
        {"task_embedding": (16, 768), "spatial_feat_mapping.0.1.weight": (768, 320), "seq_proj": (768, 768)},
        CONTROL,
        "what joins CoAdapters",
        "",
    ),
    "lllite": (
        {"lllite_unet_input_blocks_4_1_attn1_to_q.down.0.weight": (8, 8)},
        CONTROL,
        "a ControlNet-LLLite",
        "",
    ),
    "ip-adapter": (
        {"image_proj.proj.weight": (3072, 1024), "ip_adapter.1.to_k_ip.weight": (320, 768)},
        CONTROL,
        "an IP-Adapter",
        "",
    ),
    "t2i": ({"adapter.body.0.in_conv.weight": (8, 8, 1, 1)}, CONTROL, "a T2I-Adapter", ""),
    "4x-UltraSharp": ({"model.1.sub.0.RDB1.conv1.0.weight": (32, 64, 3, 3)}, UP, "an upscaler (ESRGAN)", ""),
    "realesr-general": (
        {f"body.{i}.weight": (64,) if i % 2 else (64, 64, 3, 3) for i in range(5)},
        UP,
        "an upscaler (Compact)",
        "",
    ),
    "clip_vision_h": (
        {"vision_model.encoder.layers.0.mlp.fc1.weight": (8, 8)},
        "part",
        "the half of CLIP that reads pictures",
        "",
    ),
}
