"""ComfyUI's graphs with models, LoRAs and autoencoders as its templates and common collections build them."""

from tests.core.recipes.other_programs.comfy_nodes import Case, Node, node, sampler, text


def unet(**nodes: Node | None) -> dict[str, Node | None]:
    """The plain graph with the parts of the model in files of their own."""
    parts: dict[str, Node | None] = {
        "model": node("UNETLoader", unet_name="dreams.safetensors", weight_dtype="default"),
        "clip": node("CLIPLoader", clip_name="qwen_3_4b.safetensors", type="lumina2"),
        "ae": node("VAELoader", vae_name="ae.safetensors"),
        "yes": text("a red lighthouse", clip="@clip"),
        "no": text("blurry", clip="@clip"),
        "decode": node("VAEDecode", samples="@sampler", vae="@ae"),
    }
    return parts | nodes


def patched(*kinds: Node) -> dict[str, Node | None]:
    """The plain graph with nodes between model and sampler."""
    names = ["model", *(f"patch {number}" for number in range(len(kinds)))]
    nodes: dict[str, Node | None] = {
        name: (kind, {"model": f"@{before}", **inputs})
        for before, name, (kind, inputs) in zip(names, names[1:], kinds, strict=False)
    }
    return nodes | {"sampler": sampler(model=f"@{names[-1]}")}


INK = node(
    "LoraLoader", lora_name="styles\\ink.safetensors", strength_model=0.8, strength_clip=1.0, clip="@model.1"
)
SNOW = node("LoraLoaderModelOnly", lora_name="snow.safetensors", strength_model=-0.5)
BOTH = {"loras": [("ink", 0.8), ("snow", -0.5)]}
MODELS: dict[str, Case] = {
    "plain": ({}, {}),
    "parts": (unet(), {"vae": "ae"}),
    "gguf": ({"model": node("UnetLoaderGGUF", unet_name="dreams.gguf")}, {}),
    "one lora": (patched(INK), {"loras": [("ink", 0.8)]}),
    "two loras": (patched(INK, SNOW), BOTH),
    "aura flow": (patched(node("ModelSamplingAuraFlow", shift=3.0)), {}),
    "sd3 shift": (patched(node("ModelSamplingSD3", shift=3.0), SNOW), {"loras": [("snow", -0.5)]}),
    "freeu and rescale": (patched(node("FreeU_V2", b1=1.3), node("RescaleCFG", multiplier=0.7)), {}),
    "a patch that nobody knows": (patched(node("SomethingNew", strength=2), INK), {"loras": [("ink", 0.8)]}),
    "a reroute": (
        {"way": node("Reroute", **{"": "@model"}), "sampler": sampler(model="@way")},
        {},
    ),
    "power lora loader": (
        patched(
            node(
                "Power Lora Loader (rgthree)",
                PowerLoraLoaderHeaderWidget={"type": "PowerLoraLoaderHeaderWidget"},
                lora_1={"on": True, "lora": "ink.safetensors", "strength": 0.8},
                lora_2={"on": False, "lora": "off.safetensors", "strength": 1},
                lora_3={"on": True, "lora": "snow.safetensors", "strength": -0.5},
            )
        ),
        BOTH,
    ),
    "stack of rgthree": (
        patched(node("Lora Loader Stack (rgthree)", lora_01="ink.safetensors", strength_01=0.8, lora_02="None",
                     strength_02=1.0, lora_03="snow.safetensors", strength_03=-0.5)),
        BOTH,
    ),
    "stack of CR": (
        {
            "stack": node("CR LoRA Stack", switch_1="On", lora_name_1="ink.safetensors", model_weight_1=0.8,
                          clip_weight_1=1, switch_2="Off", lora_name_2="off.safetensors", model_weight_2=1,
                          switch_3="On", lora_name_3="snow.safetensors", model_weight_3=-0.5),
            **patched(node("CR Apply LoRA Stack", clip="@model.1", lora_stack="@stack")),
        },
        BOTH,
    ),
    "stack of efficiency nodes": (
        {
            "first": node("LoRA Stacker", input_mode="simple", lora_count=1, lora_name_1="ink.safetensors",
                          lora_wt_1=0.8, lora_name_2="left.safetensors", lora_wt_2=1.0),
            "stack": node("LoRA Stacker", input_mode="advanced", lora_count=1, lora_name_1="snow.safetensors",
                          model_str_1=-0.5, clip_str_1=1.0, lora_stack="@first"),
            "model": node("Efficient Loader", ckpt_name="dreams.safetensors", vae_name="Baked VAE",
                          lora_name="None", positive="a red lighthouse", negative="blurry", empty_latent_width=512,
                          empty_latent_height=768, lora_stack="@stack"),
            "yes": None, "no": None, "latent": None,
            "sampler": node("KSampler (Efficient)", **sampler(positive="@model.1", negative="@model.2",
                                                              latent_image="@model.3")[1]),
        },
        BOTH,
    ),
    "lora manager": (
        patched(node("Lora Loader (LoraManager)", loras={"__value__": [
            {"name": "ink", "strength": "0.80", "active": True},
            {"name": "off", "strength": 1, "active": False}]})),
        {"loras": [("ink", 0.8)]},
    ),
    "a lora that leads nowhere": ({"lora": node(*INK[:1], **INK[1], model="@model")}, {}),
    "another model beside it": ({"other": node("CheckpointLoaderSimple", ckpt_name="other.safetensors")}, {}),
    "two models merged": (
        {
            "other": node("CheckpointLoaderSimple", ckpt_name="other.safetensors"),
            "merge": node("ModelMergeSimple", model1="@model", model2="@other", ratio=0.5),
            "sampler": sampler(model="@merge"),
        },
        {"model": None},
    ),
    "a name from a list with previews": (
        {"model": node("CheckpointLoader|pysssss", ckpt_name={"content": "dreams.safetensors", "image": None})},
        {},
    ),
    "an own autoencoder": (
        {"ae": node("VAELoader", vae_name="soft.safetensors"),
         "decode": node("VAEDecode", samples="@sampler", vae="@ae")},
        {"vae": "soft"},
    ),
    "an autoencoder that leads nowhere": ({"ae": node("VAELoader", vae_name="soft.safetensors")}, {}),
    "tiled decoding": ({"decode": node("VAEDecodeTiled", samples="@sampler", vae="@model.2", tile_size=512)}, {}),
    "a switch between models": (
        {
            "other": node("CheckpointLoaderSimple", ckpt_name="other.safetensors"),
            "switch": node("CR Model Input Switch", Input=2, model1="@other", model2="@model"),
            "sampler": sampler(model="@switch"),
        },
        {},
    ),
    "the first that there is": (
        {"any": node("Any Switch (rgthree)", any_02="@model"), "sampler": sampler(model="@any")}, {},
    ),
}  # fmt: skip
