"""Weights in the files of models that no part needs, each by a pattern and with its reason."""

import re
from collections.abc import Iterable

_UNNEEDED = tuple(
    (re.compile(pattern), why)
    for pattern, why in (
        (r"(^|\.)position_ids$", "the numbers 0, 1, 2, … in order"),
        (r"(^|\.)(logit_scale|attn_mask)$", "compares texts with pictures while CLIP is trained"),
        (r"(^|\.)text_projection(\.weight)?$", "no network reads it, where it was not used"),
        (r"(^|\.)(vision_model|visual|visual_projection)\.", "the half of CLIP that reads pictures"),
        (r"^cond_stage_model\.model\.transformer\.resblocks\.23\.", "SD 2.x reads the layer before the last"),
        (r"^model_ema\.|\.model_ema\.|^ema\.|^module_ema\.", "an average of the weights over the training"),
        (r"^(alphas|betas|sigmas|sqrt_|log_one_minus_|posterior_|lvlb_weights|denoiser\.)", "the noise schedule"),
        (r"^(logvar|scale_factor)$", "weighed losses, and scaled latents, in the training"),
        (r"(^|\.)__index_timestep_zero__$", "a mark that says how references are seen"),
        (r"^(v_pred|ztsnr|edm_\w+|edm_\w+\.\w+)$", "marks that say how the network predicts"),
        (r"^difference$", "a mark that says that a ControlNet is added to a model"),
        (r"(^|\.)loss\.", "judged pictures while the autoencoder was trained"),
        (r"^(optimizer|optimizer_states|lr_schedulers|callbacks|state)\b", "the state of a training"),
        (r"^(epoch|global_step|step)$", "the state of a training"),
        (r"^(safety_checker|feature_extractor)\.", "judges finished pictures"),
        (r"^embedding_manager\.", "the state of a training of words"),
        (r"(^|\.)norm_final\.weight$", "a layer of Z-Image that is not used"),
        (r"(^|\.)lm_head\.weight$", "writes words; only the states before it are read"),
        (r"(^|\.)(scale_input|input_scale|comfy_quant|scaled_fp8)$", "for multiplying in 8 bits"),
        (r"(^|\.)(weight_format|comfy_attention\.config)$", "notes about packed weights"),
        (r"(^|\.)rotary_emb\.inv_freq$", "computed from the configuration"),
        (r"(^|\.)(spiece_model|tekken_model)$", "the vocabulary of a tokenizer"),
    )
)


def unexpected(names: Iterable[str]) -> tuple[str, ...]:
    """Returns those names of weights, of all that were not used, of which nobody knows that they are unneeded."""
    return tuple(name for name in names if not any(pattern.search(name) for pattern, _ in _UNNEEDED))
