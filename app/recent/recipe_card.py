"""How the picture on the canvas was made, to be read; taking its settings over is a separate act."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from app.messages.sizes import size_text
from core.recipes.recipe import Recipe
from core.request.json_codec import plain_name
from core.request.request import GenerationRequest
from core.request.samplers import SAMPLERS

LONGEST_PROMPT = 400


class RecipeCard(QFrame):
    """Shows one recipe.

    Signals:
        use_asked: the `GenerationRequest` whose settings the user wants.
    """

    use_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recipeCard")
        self.setProperty("role", "card")
        self._request: GenerationRequest | None = None
        self._prompt = _label("recipePrompt")
        self._facts = _label("recipeFacts", role="hint")
        self._use = QPushButton("Use these settings")
        self._use.setObjectName("useSettingsButton")
        self._use.setToolTip("Takes over prompt, seed and all settings of this picture. Can be undone.")
        self._use.clicked.connect(self._ask_use)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self._prompt)
        layout.addWidget(self._facts)
        layout.addWidget(self._use)
        self.hide()

    def show_recipe(self, recipe: Recipe | None, film_bytes: int | None = None) -> None:
        """Puts up another recipe; None says that the picture carries none. ``film_bytes``: None without a film."""
        self._request = recipe.request if recipe else None
        self._prompt.setText(_shortened(recipe.request.prompt or "(no prompt)") if recipe else "No recipe")
        words = facts(recipe) if recipe else "This picture does not say how it was made."
        self._facts.setText(words if film_bytes is None else f"{words}\nFilm {size_text(film_bytes)}")
        self._use.setVisible(recipe is not None)
        self.show()

    def _ask_use(self) -> None:
        if self._request is not None:
            self.use_asked.emit(self._request)


def facts(recipe: Recipe) -> str:
    """The settings in the words of the controls, a few to a line."""
    request = recipe.request
    lines = [f"Not wanted: {_shortened(request.negative_prompt)}"] if request.negative_prompt else []
    seed = "random" if request.seed is None else str(request.seed)
    lines += [
        f"Seed {seed}",
        f"{request.size.width} × {request.size.height} · {SAMPLERS[request.sampler].name}",
        f"{request.steps} steps · guidance {request.guidance_scale:g}",
    ]
    lines += [f"LoRA {lora.key} · weight {lora.weight:g}" for lora in request.loras]
    if request.source:
        name = plain_name(request.source.path) or "a picture that is not known"
        lines.append(f"Begins with {name} · strength {request.source.strength:g}")
    model = recipe.model.name or request.model
    if model:
        lines.append(model)
    if request.weight_bits is not None:
        lines.append(f"Weights in {request.weight_bits} bit")
    if recipe.stage != "final":
        lines.append(f"Kept at step {recipe.step} of {request.steps}")
    if recipe.created:
        lines.append(f"{recipe.created:%d %b %Y, %H:%M}" + (f" · {recipe.program}" if recipe.program else ""))
    if recipe.note:
        lines.append(recipe.note)
    return "\n".join(lines)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_PROMPT else text[: LONGEST_PROMPT - 1] + "…"


def _label(name: str, role: str | None = None) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)  # recipes come from outside
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    label.setWordWrap(True)
    label.setMinimumWidth(1)
    if role:
        label.setProperty("role", role)
    return label
