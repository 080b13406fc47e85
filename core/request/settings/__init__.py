"""The settings of a request, one file each: the next is a file here, a line below and a field of the request."""

from typing import Any

from core.errors import InvalidRequest
from core.language.words import tr
from core.request.request import GenerationRequest, Limits
from core.request.setting import DEFAULT, Setting
from core.request.settings.autoencoder import AUTOENCODER
from core.request.settings.clip_skip import CLIP_SKIP
from core.request.settings.controls import CONTROLS
from core.request.settings.count import COUNT
from core.request.settings.embeddings import EMBEDDINGS
from core.request.settings.emphasis import EMPHASIS, PLAIN
from core.request.settings.guidance_scale import GUIDANCE_SCALE
from core.request.settings.hires import HIRES
from core.request.settings.loras import LORAS
from core.request.settings.mask import MASK
from core.request.settings.model import MODEL
from core.request.settings.negative_prompt import NEGATIVE_PROMPT
from core.request.settings.negative_template import NEGATIVE_TEMPLATE
from core.request.settings.prompt import PROMPT
from core.request.settings.references import REFERENCES
from core.request.settings.sampler import SAMPLER
from core.request.settings.seamless import SEAMLESS
from core.request.settings.seed import SEED
from core.request.settings.size import SIZE
from core.request.settings.skip_layers import SKIP_LAYERS
from core.request.settings.source import SOURCE
from core.request.settings.steps import STEPS
from core.request.settings.template import TEMPLATE
from core.request.settings.training import TRAINING
from core.request.settings.upscaler import UPSCALER
from core.request.settings.variants import VARIANTS
from core.request.settings.variation import VARIATION
from core.request.settings.weight_bits import WEIGHT_BITS

SETTINGS: tuple[Setting[Any], ...] = (
    PROMPT,
    NEGATIVE_PROMPT,
    MODEL,
    SIZE,
    SAMPLER,
    STEPS,
    GUIDANCE_SCALE,
    SEED,
    COUNT,
    SOURCE,
    MASK,
    REFERENCES,
    LORAS,
    AUTOENCODER,
    WEIGHT_BITS,
    CLIP_SKIP,
    EMPHASIS,
    EMBEDDINGS,
    TRAINING,
    VARIANTS,
    TEMPLATE,
    NEGATIVE_TEMPLATE,
    UPSCALER,
    VARIATION,
    SEAMLESS,
    SKIP_LAYERS,
    CONTROLS,
    HIRES,
)
"""In the order of their JSON; what the check of one needs comes before it."""


def validate(request: GenerationRequest, limits: Limits) -> None:
    """Checks every setting once, at the border of the engine. Raises InvalidRequest for the first bad one."""
    limits = limits.with_references(request.references)
    for setting in SETTINGS:
        value = setting.of(request)
        is_off = value == setting.of(DEFAULT) or (setting is EMPHASIS and value == PLAIN)  # all is text there
        if not setting.is_had_by(limits) and not is_off:
            raise InvalidRequest(setting.noun, value, tr("a model that has it"))
        setting.check(request, limits)


def fitted(request: GenerationRequest, limits: Limits, own: GenerationRequest) -> GenerationRequest:
    """Returns the nearest request that the limits allow; ``own`` has the model's own good values."""
    limits = limits.with_references(request.references if REFERENCES.is_had_by(limits) else ())
    values = {
        setting.name: setting.fit(setting.of(request), limits, setting.of(own))
        if setting.is_had_by(limits)
        else setting.of(DEFAULT)
        for setting in SETTINGS
    }
    return GenerationRequest(**values)
