"""ComfyUI's graphs with samplers as its templates and common collections build them."""

from tests.core.recipes.other_programs.comfy_nodes import Case, Node, advanced, node, sampler, second


def custom(**nodes: Node | None) -> dict[str, Node | None]:
    """The plain graph with the sampler in parts."""
    parts: dict[str, Node | None] = {
        "sampler": node(
            "SamplerCustomAdvanced",
            noise="@noise", guider="@guider", sampler="@select", sigmas="@sigmas", latent_image="@latent",
        ),
        "noise": node("RandomNoise", noise_seed=42),
        "guider": node("CFGGuider", model="@model", positive="@yes", negative="@no", cfg=7.0),
        "select": node("KSamplerSelect", sampler_name="dpmpp_2m"),
        "sigmas": node("BasicScheduler", model="@model", scheduler="karras", steps=20, denoise=1.0),
    }  # fmt: skip
    return parts | nodes


UNKNOWN = {"sampler": None}
SAMPLERS: dict[str, Case] = {
    "custom": (custom(), {}),
    "custom with a basic guider": (
        custom(guider=node("BasicGuider", model="@model", conditioning="@flux"),
               flux=node("FluxGuidance", conditioning="@yes", guidance=3.5)),
        {"scale": 3.5, "negative": ""},
    ),
    "custom in the older way": (
        custom(sampler=node("SamplerCustom", model="@model", add_noise=True, noise_seed=42, cfg=7.0,
                            positive="@yes", negative="@no", sampler="@select", sigmas="@sigmas",
                            latent_image="@latent")),
        {},
    ),
    "turbo": (
        custom(sigmas=node("SDTurboScheduler", model="@model", steps=1, denoise=1.0)), {"steps": 1, **UNKNOWN},
    ),
    "karras": (
        custom(sigmas=node("KarrasScheduler", steps=20, sigma_max=14.6, sigma_min=0.03, rho=7.0)), {},
    ),
    "flux 2": (custom(sigmas=node("Flux2Scheduler", steps=20, width=512, height=768)), UNKNOWN),
    "sigmas cut in two": (
        custom(sigmas=node("SplitSigmas", sigmas="@all", step=10),
               all=node("BasicScheduler", model="@model", scheduler="karras", steps=20, denoise=1.0)),
        {},
    ),
    "a sampler's own node": (custom(select=node("SamplerEulerAncestral", eta=1.0, s_noise=1.0),
                                    sigmas=node("BasicScheduler", model="@model", scheduler="normal", steps=20)),
                             {"sampler": "euler_a"}),
    "hires": (
        {"larger": node("LatentUpscaleBy", samples="@sampler", upscale_method="bislerp", scale_by=2.0),
         "again": second(latent_image="@larger"),
         "decode": node("VAEDecode", samples="@again", vae="@model.2")},
        {},
    ),
    "hires over pixels": (
        {"first": node("VAEDecode", samples="@sampler", vae="@model.2"),
         "larger": node("ImageUpscaleWithModel", upscale_model="@upscaler", image="@first"),
         "upscaler": node("UpscaleModelLoader", model_name="4x.pth"),
         "encode": node("VAEEncode", pixels="@larger", vae="@model.2"),
         "again": second(latent_image="@encode"),
         "decode": node("VAEDecode", samples="@again", vae="@model.2")},
        {},
    ),
    "base and refiner": (
        {"sampler": advanced(start_at_step=0, end_at_step=16, return_with_leftover_noise="enable"),
         "refiner": node("CheckpointLoaderSimple", ckpt_name="refiner.safetensors"),
         "again": advanced(model="@refiner", add_noise="disable", noise_seed=0, steps=25, latent_image="@sampler",
                           start_at_step=16, end_at_step=10000, positive="@more"),
         "more": node("CLIPTextEncodeSDXLRefiner", clip="@refiner.1", ascore=6.0, text="something else"),
         "decode": node("VAEDecode", samples="@again", vae="@model.2")},
        {},
    ),
    "faces mended": (
        {"mended": node("FaceDetailer", **{**second()[1], "image": "@decode", "latent_image": None}),
         "save": node("SaveImage", images="@mended")},
        {},
    ),
    "shown and saved": (
        {"show": node("PreviewImage", images="@other decoded"), "other": second(latent_image="@latent"),
         "other decoded": node("VAEDecode", samples="@other", vae="@model.2")},
        {},
    ),
    "two saved samplers": (
        {"other": sampler(seed=43), "decode 2": node("VAEDecode", samples="@other", vae="@model.2"),
         "save 2": node("SaveImage", images="@decode 2")},
        {"seed": None},
    ),
    "image to image": (
        {"photo": node("LoadImage", image="shed.png"),
         "latent": node("VAEEncode", pixels="@photo", vae="@model.2"), "sampler": sampler(denoise=0.6)},
        {"size": None, "strength": 0.6},
    ),
    "inpainting": (
        {"photo": node("LoadImage", image="shed.png"),
         "both": node("InpaintModelConditioning", positive="@yes", negative="@no", vae="@model.2", pixels="@photo",
                      mask="@photo.1"),
         "sampler": sampler(positive="@both", negative="@both.1", latent_image="@both.2", denoise=0.8)},
        {"size": None, "strength": 0.8},
    ),
    "numbers from nodes": (
        {"sampler": sampler(seed="@seed", steps="@steps", cfg="@cfg"), "seed": node("Seed (rgthree)", seed=42),
         "steps": node("PrimitiveInt", value=20), "cfg": node("FloatConstant", value=7.0)},
        {},
    ),
    "size from nodes": (
        {"latent": node("EmptySD3LatentImage", width="@w", height="@h", batch_size=1),
         "w": node("INTConstant", value=512), "h": node("easy int", value=768)},
        {},
    ),
    "size of a preset": (
        {"latent": node("SDXLEmptyLatentSizePicker+", resolution="512x768 (0.67)", batch_size=1)}, {},
    ),
    "a size that an aspect ratio overrules": (
        {"latent": node("CR SDXL Aspect Ratio", width=1024, height=1024, aspect_ratio="3:4 portrait")},
        {"size": None},
    ),
    "a size of one's own beside the ratios": (
        {"latent": node("CR SDXL Aspect Ratio", width=512, height=768, aspect_ratio="custom")}, {},
    ),
    "numbers that are computed": (
        {"sampler": sampler(seed="@sum", steps="@sum", cfg="@sum", scheduler="@sum"),
         "sum": node("SimpleMath+", value="a*2", a=21),
         "latent": node("EmptyLatentImage", width="@sum", height="@sum")},
        {"seed": None, "steps": None, "scale": None, "size": None, **UNKNOWN},
    ),
    "a random seed": ({"sampler": sampler(seed=-1)}, {"seed": None}),
    "a sampler of another collection": (
        {"sampler": node("ClownsharKSampler_Beta", **sampler(sampler_name="multistep/res_2m")[1])}, UNKNOWN,
    ),
    "pipes": (
        {"pipe": node("easy fullLoader", ckpt_name="dreams.safetensors", positive="a red lighthouse",
                      negative="blurry", resolution="512 x 768", empty_latent_width=64, empty_latent_height=64,
                      lora_name="None"),
         "set": node("easy preSampling", pipe="@pipe", steps=20, cfg=7.0, sampler_name="dpmpp_2m",
                     scheduler="karras", denoise=1.0, seed=42),
         "sampler": node("easy kSampler", pipe="@set", image_output="Save"),
         "model": None, "yes": None, "no": None, "latent": None, "decode": None,
         "save": node("SaveImage", images="@sampler.1")},
        {},
    ),
}  # fmt: skip
