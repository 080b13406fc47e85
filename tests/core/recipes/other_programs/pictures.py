"""Texts as other programs write them, after their sources and documentation."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo


def write_png(path: Path, **texts: str) -> Path:
    info = PngInfo()
    for keyword, text in texts.items():
        info.add_text(keyword.replace("_", "-") if keyword == "sd_metadata" else keyword, text)
    Image.new("RGB", (64, 48)).save(path, pnginfo=info)
    return path


def write_exif(path: Path, **tags: bytes | str) -> Path:
    """``comment``: UserComment; ``maker`` and ``model``: the tags 0x010F and 0x0110."""
    exif = Image.Exif()
    for name, number in (("maker", 0x010F), ("model", 0x0110), ("description", 0x010E)):
        if name in tags:
            exif[number] = tags[name]
    if "comment" in tags:
        exif.get_ifd(0x8769)[0x9286] = tags["comment"]
    Image.new("RGB", (64, 48)).save(path, exif=exif)
    return path


COMFY_UI = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 2**40,
            "steps": 20,
            "cfg": 8.0,
            "sampler_name": "dpmpp_2m",
            "scheduler": "karras",
            "denoise": 1.0,
            "model": ["4:1", 0],
            "positive": ["6", 0],
            "negative": ["7", 0],
            "latent_image": ["5", 0],
        },
    },
    "4:1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "folder\\deliberate.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 768, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a glass bottle", "clip": ["4:1", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "watermark", "clip": ["4:1", 1]}},
}
COMFY_UI_CUSTOM = {
    "1": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux1-dev.safetensors"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a fox", "clip": ["9", 0]}},
    "3": {"class_type": "FluxGuidance", "inputs": {"guidance": 3.5, "conditioning": ["2", 0]}},
    "4": {"class_type": "RandomNoise", "inputs": {"noise_seed": 42}},
    "5": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
    "6": {"class_type": "BasicScheduler", "inputs": {"scheduler": "simple", "steps": 25, "denoise": 1.0}},
    "7": {
        "class_type": "SamplerCustomAdvanced",
        "inputs": {
            "noise": ["4", 0],
            "guider": ["10", 0],
            "sampler": ["5", 0],
            "sigmas": ["6", 0],
            "latent_image": ["8", 0],
        },
    },
    "10": {"class_type": "BasicGuider", "inputs": {"model": ["1", 0], "conditioning": ["3", 0]}},
    "8": {"class_type": "EmptySD3LatentImage", "inputs": {"width": 1024, "height": 1024}},
}
INVOKE_AI = {
    "generation_mode": "txt2img",
    "positive_prompt": "a lighthouse",
    "negative_prompt": "people",
    "width": 512,
    "height": 512,
    "seed": 7,
    "cfg_scale": 7.5,
    "steps": 30,
    "scheduler": "dpmpp_2m_k",
    "model": {"key": "x", "hash": "blake3:abc", "name": "Dreamshaper 8", "base": "sd-1", "type": "main"},
    "app_version": "5.4.0",
}
INVOKE_AI_OLD = {
    "model": "stable diffusion",
    "model_weights": "stable-diffusion-1.5",
    "model_hash": "cc6cb27103",
    "app_id": "invoke-ai/InvokeAI",
    "app_version": "2.2.5",
    "image": {
        "prompt": [{"prompt": "a lighthouse [people]", "weight": 1.0}],
        "steps": 30,
        "cfg_scale": 7.5,
        "height": 512,
        "width": 640,
        "seed": 7,
        "type": "txt2img",
        "sampler": "k_euler_a",
    },
}
INVOKE_AI_DREAM = '"a lighthouse [people]" -s 30 -S 7 -W 640 -H 512 -C 7.5 -A k_lms'
NOVEL_AI = {
    "prompt": "a castle",
    "steps": 28,
    "height": 1216,
    "width": 832,
    "scale": 5.0,
    "seed": 3,
    "sampler": "k_euler_ancestral",
    "noise_schedule": "native",
    "uc": "lowres",
}
FOOOCUS = {
    "adm_guidance": "(1.5, 0.8, 0.3)",
    "base_model": "juggernautXL",
    "base_model_hash": "aeb7e9e689",
    "full_negative_prompt": ["ugly", "bad"],
    "full_prompt": ["a boat, cinematic", "a boat"],
    "guidance_scale": 4,
    "loras": [["offset.safetensors", 0.1, "abc"]],
    "metadata_scheme": "fooocus",
    "negative_prompt": "ugly",
    "performance": "Speed",
    "prompt": "a boat",
    "resolution": "(896, 1152)",
    "sampler": "dpmpp_2m_sde_gpu",
    "scheduler": "karras",
    "seed": "123456789",
    "sharpness": 2,
    "steps": 30,
    "styles": "['Fooocus V2']",
    "version": "Fooocus v2.5.5",
}
SWARM_UI = {
    "sui_image_params": {
        "prompt": "a bridge",
        "negativeprompt": "fog",
        "model": "OfficialStableDiffusion/sd_xl_base_1.0",
        "seed": 99,
        "steps": 20,
        "cfgscale": 7.0,
        "width": 1024,
        "height": 768,
        "sampler": "euler",
        "scheduler": "normal",
        "swarm_version": "0.9.5.0",
    },
    "sui_extra_data": {"date": "2025-01-01"},
    "sui_models": [{"name": "sd_xl_base_1.0.safetensors", "param": "model", "hash": "0x31e35c80fc"}],
}
EASY_DIFFUSION = {
    "prompt": "a windmill",
    "seed": 5,
    "num_inference_steps": 25,
    "guidance_scale": 7.5,
    "width": 512,
    "height": 512,
    "negative_prompt": "rain",
    "use_stable_diffusion_model": "models/sd-v1-5",
    "sampler_name": "euler_a",
}
DRAW_THINGS = {
    "c": "a harbour & boats",
    "uc": "text",
    "model": "sd_xl_base_1.0.ckpt",
    "sampler": "DPM++ 2M Karras",
    "scale": 5,
    "seed": 4242,
    "size": "1024x768",
    "steps": 25,
    "strength": 1,
}


def novel_ai_texts() -> dict[str, str]:
    return {
        "Title": "AI generated image",
        "Description": "a castle",
        "Software": "NovelAI",
        "Source": "NovelAI Diffusion V4.5 4BDE2A90",
        "Comment": json.dumps(NOVEL_AI),
    }
