"""The controls of the place *Create* from top to bottom: for each setting the widget that edits it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from PySide6.QtWidgets import QWidget

from app.controls.autoencoder import AutoencoderControl
from app.controls.choice import Choice, ChoiceControl
from app.controls.control_list import ControlList
from app.controls.early_choice import EarlyChoiceControl
from app.controls.hires import HiresControl
from app.controls.loras import LorasControl
from app.controls.mask import MaskControl
from app.controls.memory_line import MemoryLine
from app.controls.number import NumberControl, ShortNumberSpin, int_control
from app.controls.presets import preset_button
from app.controls.previews import PreviewControl
from app.controls.prompt import PromptControl
from app.controls.references import ReferencesControl
from app.controls.seed import SeedControl
from app.controls.size import SizeControl
from app.controls.source import SourceControl
from app.controls.token_counting import TokenCounting
from app.controls.upscaler import UpscalerControl
from app.controls.variation import VariationControl
from app.session.autoencoder_selection import AutoencoderSelection
from app.session.control_selection import ControlSelection
from app.session.mask_selection import MaskSelection
from app.session.memory import MemoryService
from app.session.session import Session
from app.session.upscaler_selection import UpscalerSelection
from app.widgets.arrow_keys import ArrowKeys
from core.families import in_words
from core.language.words import tr
from core.models.folders import key_of
from core.request import request as limits
from core.request.samplers import SAMPLERS
from core.request.settings.clip_skip import CLIP_SKIP
from core.request.settings.count import COUNT
from core.request.settings.emphasis import EMPHASIS, MODES
from core.request.settings.guidance_scale import GUIDANCE_SCALE
from core.request.settings.model import MODEL
from core.request.settings.sampler import SAMPLER
from core.request.settings.seamless import DIRECTIONS, SEAMLESS
from core.request.settings.skip_layers import LARGEST, SKIP_LAYERS
from core.request.settings.steps import STEPS


@dataclass(frozen=True, slots=True)
class Services:
    """All that a control may need."""

    session: Session
    counting: TokenCounting
    autoencoders: AutoencoderSelection
    memory: MemoryService
    upscalers: UpscalerSelection
    masks: MaskSelection
    controls: ControlSelection


def _models(session: Session) -> Sequence[Choice]:
    """Returns the models, behind them those of other computers, and those whose drive is not connected."""
    editor = session.draft_editor
    here = [Choice(model.key, model.name, model.about) for model in editor.models]
    away = [(key_of(one.path), one.reason) for one in editor.refused_models if one.is_away]
    there = [(one, in_words(one.computers)) for one in editor.elsewhere]
    here += [
        Choice(one.key, tr("{name} (on {computers})", name=one.name, computers=where), one.about)
        for one, where in there
    ]
    return here + [Choice(key, tr("{name} (not connected)", name=key), f"{why}.") for key, why in away]


def _model(services: Services) -> QWidget:
    control = ChoiceControl(
        services.session,
        MODEL,
        _models,
        tr("&Model"),
        tr(
            "Model: the network that makes the picture.\n"
            "Another model brings its own size, sampler, steps and guidance."
        ),
        gone=tr("This model is no longer on this computer."),
    )
    button = preset_button(control, services.session)
    control.field.top.addWidget(button)
    ArrowKeys(control, (control.combo, button))
    return control


def _samplers(session: Session) -> Sequence[Choice]:
    return [Choice(key, SAMPLERS[key].name, SAMPLERS[key].about) for key in session.draft_editor.limits.samplers]


def _sampler(services: Services) -> QWidget:
    tooltip = tr("Sampler: the method that turns the network's predictions into steps.")
    return ChoiceControl(services.session, SAMPLER, _samplers, tr("Samp&ler"), tooltip)


def _steps(services: Services) -> QWidget:
    tooltip = tr("Steps: how often the picture is refined.\nMore take longer, and after a while change little.")
    return int_control(services.session, STEPS, limits.STEPS, tr("&Steps"), tooltip)


def _has_guidance(session: Session) -> bool:
    model = session.model_of(session.draft)
    return model is None or model.capabilities.guidance != "none"


def _guidance_scale(services: Services) -> QWidget:
    spin = ShortNumberSpin()
    spin.setObjectName("guidanceSpin")
    spin.setRange(0.0, limits.LARGEST_GUIDANCE_SCALE)
    spin.setDecimals(2)
    spin.setSingleStep(0.5)
    return NumberControl(
        services.session,
        GUIDANCE_SCALE,
        spin,
        tr("&Guidance"),
        tr(
            "Guidance scale: how strongly the picture follows the prompt.\n"
            "1 is off: twice as fast, and the negative prompt has no effect."
        ),
        note=lambda draft: "" if draft.has_guidance else tr("off"),
        is_used=_has_guidance,
    )


def _skip_layers(services: Services) -> QWidget:
    spin = ShortNumberSpin()
    spin.setObjectName("skipLayersSpin")
    spin.setRange(0.0, LARGEST)
    spin.setDecimals(2)
    spin.setSingleStep(0.2)
    return NumberControl(
        services.session,
        SKIP_LAYERS,
        spin,
        tr("Skip-layer s&trength"),
        tr(
            "Skip-layer guidance: away from what the network makes of the prompt without some of its layers.\n"
            "It gives limbs and objects more structure; 0 is off."
        ),
        note=lambda draft: "" if draft.skip_layers else tr("off"),
        is_used=_has_guidance,
    )


def _clip_skip(services: Services) -> QWidget:
    tooltip = tr(
        "Clip skip: the layer of the text encoder that the prompt is read from, counted from the end.\n"
        "1 is off; some models were trained with 2, as all of Stable Diffusion XL: 1 and 2 are the same there."
    )
    return int_control(services.session, CLIP_SKIP, limits.CLIP_LAYERS, tr("Clip s&kip"), tooltip)


def _emphasis(services: Services) -> QWidget:
    choices = [Choice(mode, MODES[mode], about) for mode, about in _EMPHASIS.items()]
    tooltip = tr(
        "Emphasis: how weights in the prompt, such as (red:1.3), act on what the text encoder makes of it."
    )
    return ChoiceControl(
        services.session,
        EMPHASIS,
        lambda _: choices,
        tr("Emphasis by &brackets"),
        tooltip,
        is_used=lambda session: bool(set("([") & {*session.draft.prompt, *session.draft.negative_prompt}),
    )


def _seamless(services: Services) -> QWidget:
    choices = [Choice(directions, tr(words), "") for directions, words in DIRECTIONS.items()]
    tooltip = tr("Seamless: the picture goes on at its other side, so that it can be laid beside itself.")
    return ChoiceControl(services.session, SEAMLESS, lambda _: choices, tr("Se&amless"), tooltip)


def _count(services: Services) -> QWidget:
    tooltip = tr("Pictures: how many are made, one after the other.\nThe seed counts up by one for each.")
    return int_control(services.session, COUNT, limits.COUNT, tr("Pi&ctures"), tooltip)


_EMPHASIS: Mapping[str, str] = MappingProxyType(
    {
        "original": tr("Words get their weights, and the mean stays what it was."),
        "no_norm": tr("Words get their weights, nothing else changes; often better for Stable Diffusion XL."),
        "ignore": tr("Brackets are taken out, their weights do not act."),
        "none": tr("Brackets are text like any other."),
        "plain": tr("All is text, and what does not fit into one chunk is ignored."),
    }
)

Make = Callable[[Services], QWidget]

FOLDED: Mapping[str, Make] = {}
"""The place of the chips of `FOLDS` among the rows."""

ROWS: tuple[Mapping[str, Make], ...] = (
    {"prompt": lambda services: PromptControl(services.session, "prompt", services.counting)},
    FOLDED,
    {"negative_prompt": lambda services: PromptControl(services.session, "negative_prompt", services.counting)},
    {"source": lambda services: SourceControl(services.session, services.masks)},
    {"mask": lambda services: MaskControl(services.session, services.masks)},
    {"references": lambda services: ReferencesControl(services.session)},
    {"controls": lambda services: ControlList(services.session, services.controls)},
    {"model": _model},
    {"memory": lambda services: MemoryLine(services.memory)},
    {"autoencoder": lambda services: AutoencoderControl(services.autoencoders)},
    {"loras": lambda services: LorasControl(services.session)},
    {"size": lambda services: SizeControl(services.session), "count": _count},
    {"sampler": _sampler, "steps": _steps, "guidance_scale": _guidance_scale},
    {"clip_skip": _clip_skip},
    {"skip_layers": _skip_layers},
    {"hires": lambda services: HiresControl(services.session, services.upscalers)},
    {"upscaler": lambda services: UpscalerControl(services.session, services.upscalers)},
    {"emphasis": _emphasis},
    {"early_choice": lambda services: EarlyChoiceControl(services.session)},
    {"seed": lambda services: SeedControl(services.session)},
    {"seamless": _seamless},
    {"variation": lambda services: VariationControl(services.session)},
    {"previews": lambda services: PreviewControl(services.session, services.autoencoders)},
)
"""Each row from left to right; names that are no setting's are of controls for the run alone."""
