"""ComfyUI's graphs with prompts as its templates and common collections build them."""

from tests.core.recipes.other_programs.comfy_nodes import Case, Node, node, sampler, text


def prompted(**nodes: Node) -> dict[str, Node | None]:
    """The plain graph with a prompt from the node ``words``."""
    return {"yes": text("@words"), **nodes}


LIGHTHOUSE = node("PrimitiveString", value="a red lighthouse")
SEA = {"prompt": "a red lighthouse, by the sea"}
PROMPTS: dict[str, Case] = {
    "primitive": (prompted(words=node("PrimitiveStringMultiline", value="a red lighthouse")), {}),
    "text of another collection": (prompted(words=node("CR Prompt Text", prompt="a red lighthouse")), {}),
    "multiline": (prompted(words=node("JWStringMultiline", text="a red lighthouse")), {}),
    "shown": (prompted(words=node("ShowText|pysssss", text="@a"), a=LIGHTHOUSE), {}),
    "rerouted": (prompted(words=node("Reroute", **{"": "@a"}), a=LIGHTHOUSE), {}),
    "joined": (
        prompted(words=node("StringConcatenate", string_a="@a", string_b="by the sea", delimiter=", "),
                 a=LIGHTHOUSE),
        SEA,
    ),
    "joined three times": (
        prompted(
            words=node("StringConcatenate", string_a="@half", string_b="sea", delimiter=" "),
            half=node("StringConcatenate", string_a="@a", string_b="by the", delimiter=", "),
            a=LIGHTHOUSE,
        ),
        SEA,
    ),
    "joined by another collection": (
        prompted(words=node("Text Concatenate", delimiter=", ", clean_whitespace="true", text_a="@a",
                            text_b="by the sea"), a=LIGHTHOUSE),
        SEA,
    ),
    "replaced": (
        prompted(words=node("StringReplace", string="a blue lighthouse", find="blue", replace="red")), {},
    ),
    "trimmed": (prompted(words=node("StringTrim", string="  a red lighthouse ", mode="Both")), {}),
    "drawn from a wildcard": (
        prompted(words=node("ImpactWildcardProcessor", wildcard_text="a {red|blue} lighthouse",
                            populated_text="a red lighthouse", mode="populate", seed=3)),
        {},
    ),
    "switched": (
        prompted(words=node("ComfySwitchNode", switch="@on", on_false="a shed", on_true="@a"), a=LIGHTHOUSE,
                 on=node("PrimitiveBoolean", value=True)),
        {},
    ),
    "switched by number": (
        prompted(words=node("ImpactSwitch", select=2, input1="@b", input2="@a"), a=LIGHTHOUSE,
                 b=node("PrimitiveString", value="a shed")),
        {},
    ),
    "a switch that cannot be told": (
        prompted(words=node("ComfySwitchNode", switch="@on", on_false="a shed", on_true="a hut"),
                 on=node("DetectFaces", image="@decode")),
        {"prompt": None},
    ),
    "written by a language model": (
        prompted(words=node("OllamaGenerate", prompt="write about a lighthouse", seed=1)), {"prompt": None},
    ),
    "a joined part that cannot be told": (
        prompted(words=node("StringConcatenate", string_a="@a", string_b="by the sea", delimiter=", "),
                 a=node("Florence2Caption", image="@decode", text="caption")),
        {"prompt": None},
    ),
    "a circle": (
        prompted(words=node("StringConcatenate", string_a="@words", string_b="x", delimiter="")), {"prompt": None},
    ),
    "sdxl": (
        {"yes": node("CLIPTextEncodeSDXL", clip="@model.1", width=1024, height=1024, text_g="a red lighthouse",
                     text_l="a red lighthouse")},
        {},
    ),
    "sdxl with two texts": (
        {"yes": node("CLIPTextEncodeSDXL", clip="@model.1", text_g="a red lighthouse", text_l="by the sea")}, SEA,
    ),
    "sd3": (
        {"yes": node("CLIPTextEncodeSD3", clip="@model.1", clip_l="@a", clip_g="@a", t5xxl="@a",
                     empty_padding="none"), "a": LIGHTHOUSE},
        {},
    ),
    "flux": (
        {"yes": node("CLIPTextEncodeFlux", clip="@model.1", clip_l="a red lighthouse", t5xxl="a red lighthouse",
                     guidance=3.5), "sampler": sampler(cfg=1.0)},
        {"scale": 3.5},
    ),
    "zeroed": ({"no": node("ConditioningZeroOut", conditioning="@yes")}, {"negative": ""}),
    "combined": (
        {"yes": node("ConditioningCombine", conditioning_1="@a", conditioning_2="@b"),
         "a": text("a red lighthouse"), "b": text("by the sea")},
        SEA,
    ),
    "concatenated": (
        {"yes": node("ConditioningConcat", conditioning_to="@a", conditioning_from="@b"),
         "a": text("a red lighthouse"), "b": text("by the sea")},
        SEA,
    ),
    "averaged to one side": (
        {"yes": node("ConditioningAverage", conditioning_to="@a", conditioning_from="@b",
                     conditioning_to_strength=1.0), "a": text("a red lighthouse"), "b": text("a shed")},
        {},
    ),
    "in an area and a range": (
        {"yes": node("ConditioningSetArea", conditioning="@range", width=64, height=64, x=0, y=0, strength=1.0),
         "range": node("ConditioningSetTimestepRange", conditioning="@a", start=0.0, end=0.5),
         "a": text("a red lighthouse")},
        {},
    ),
    "controlnet": (
        {"control": node("ControlNetApplyAdvanced", positive="@yes", negative="@no", control_net="@net",
                         image="@photo", strength=1.0),
         "net": node("ControlNetLoader", control_net_name="lines.safetensors"),
         "photo": node("LoadImage", image="lines.png"),
         "sampler": sampler(positive="@control", negative="@control.1")},
        {},
    ),
    "edit by instruction": (
        {"yes": node("TextEncodeQwenImageEditPlus", clip="@model.1", vae="@model.2", image1="@photo",
                     prompt="a red lighthouse"), "photo": node("LoadImage", image="shed.png")},
        {},
    ),
    "an earlier layer of CLIP": (
        {"yes": text("a red lighthouse", clip="@layer"),
         "layer": node("CLIPSetLastLayer", clip="@model.1", stop_at_clip_layer=-2)},
        {"layer": 2},
    ),
    "an earlier layer of CLIP, of the loader": (
        {"model": node("Efficient Loader", ckpt_name="dreams.safetensors", lora_name="None", clip_skip=-2,
                       positive="a red lighthouse", negative="blurry", empty_latent_width=512,
                       empty_latent_height=768),
         "yes": None, "no": None, "latent": None,
         "sampler": node("KSampler (Efficient)", **sampler(positive="@model.1", negative="@model.2",
                                                           latent_image="@model.3")[1])},
        {"layer": 2},
    ),
    "a wildcard that an encoder drew": (
        {"yes": node("ImpactWildcardEncode", model="@model", clip="@model.1", seed=3, mode="populate",
                     wildcard_text="a {red|blue} lighthouse", populated_text="a red lighthouse"),
         "sampler": sampler(model="@yes", positive="@yes.2")},
        {},
    ),
    "an encoder that nobody knows": (
        {"yes": node("SomethingWithText", text="a shed", strength=3)}, {"prompt": None},
    ),
    "prompt and negative prompt exchanged by an embedding": (
        {"yes": text("a red lighthouse embedding:soft"), "no": text("")},
        {"prompt": "a red lighthouse embedding:soft", "negative": ""},
    ),
}  # fmt: skip
