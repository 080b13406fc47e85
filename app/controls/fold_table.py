"""Fields of the place *Create* that are folded into one line while they are not used."""

from collections.abc import Callable, Mapping

from app.controls.folds import Fold
from app.controls.hires import HIRES_FOLD
from app.session.session import Session
from core.families.spec import Capabilities
from core.language.words import tr
from core.request.settings.clip_skip import CLIP_SKIP
from core.request.settings.controls import CONTROLS
from core.request.settings.loras import take_tags
from core.request.settings.references import REFERENCES
from core.request.settings.seamless import SEAMLESS
from core.request.settings.skip_layers import SKIP_LAYERS
from core.runs.events import PreviewMode


def _has(capability: Callable[[Capabilities], bool]) -> Callable[[Session], bool]:
    """Returns whether the model of the draft has a capability; an unknown one may have it."""

    def has(session: Session) -> bool:
        model = session.model_of(session.draft)
        return model is None or capability(model.capabilities)

    return has


FOLDS: Mapping[str, Fold] = {
    "negative_prompt": Fold(
        tr("Negative prompt"),
        tr("What to leave out of the picture"),
        lambda session: bool(session.draft.negative_prompt),
        _has(lambda model: model.has_negative_prompt),
    ),
    "source": Fold(
        tr("Image"),
        tr("Start from an image: click, drop it here, or paste it (Ctrl+V)"),
        lambda session: session.draft.source is not None,
    ),
    "references": Fold(
        tr("Edit"),
        tr("Pictures that the model changes as the prompt says: click, or drop them here"),
        lambda session: bool(session.draft.references),
        lambda session: REFERENCES.is_had_by(session.draft_editor.limits),
    ),
    "controls": Fold(
        tr("Control"),
        tr("Pictures whose edges, lines or depth guide the one that is made: click, or drop one here"),
        lambda session: bool(session.draft.controls),
        lambda session: CONTROLS.is_had_by(session.draft_editor.limits),
    ),
    "loras": Fold(
        "LoRA",
        tr("Small files that teach the model a style or a subject"),
        lambda session: bool(session.draft.loras or take_tags(session.draft.prompt, "")[1]),
        _has(lambda model: model.takes_loras),
    ),
    "autoencoder": Fold(
        tr("Autoencoder"),
        tr("Another autoencoder (VAE) for colours and fine detail"),
        lambda session: session.draft.autoencoder is not None,
        is_rare=True,
    ),
    "clip_skip": Fold(
        tr("Clip skip"),
        tr("The layer of the text encoder that the prompt is read from"),
        lambda session: session.draft.clip_skip > 1,
        lambda session: CLIP_SKIP.is_had_by(session.draft_editor.limits),
        is_rare=True,
    ),
    "skip_layers": Fold(
        tr("Skip layers"),
        tr("More structure, for Stable Diffusion 3.5 medium"),
        lambda session: session.draft.skip_layers > 0,
        lambda session: SKIP_LAYERS.is_had_by(session.draft_editor.limits),
        is_rare=True,
    ),
    "variation": Fold(
        tr("Variation"),
        tr("A second seed, mixed into the first one"),
        lambda session: session.draft.variation is not None,
        is_rare=True,
    ),
    "seamless": Fold(
        tr("Seamless"),
        tr("A picture that can be laid beside itself: wallpaper, textures"),
        lambda session: bool(session.draft.seamless),
        lambda session: SEAMLESS.is_had_by(session.draft_editor.limits),
        is_rare=True,
    ),
    "hires": HIRES_FOLD,
    "upscaler": Fold(
        tr("Enlarge"),
        tr("A network that enlarges the finished picture"),
        lambda session: session.draft.upscaler is not None,
    ),
    "previews": Fold(
        tr("Previews"),
        tr("How the picture in progress is shown"),
        lambda session: session.preview_mode is not PreviewMode.automatic,
        is_rare=True,
    ),
}
"""By the name of the field, in the order of their chips."""
