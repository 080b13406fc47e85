"""One side of a comparison of runs: its film with the true pictures of its calls, or a picture alone."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from app.compare.compared_picture import ComparedPicture
from app.film.decoded_pictures import DecodedPictures
from app.film.position import number
from app.widgets.pixels import to_image
from core.film.film import Film
from core.language.words import tr
from core.pictures.picture import GeneratedImage
from core.pictures.pixels import Pixels
from core.recipes.recipe import Parent
from core.request.request import GenerationRequest


class ComparedRun:
    """Holds what is known of a run; its film may come later than its picture, and may grow.

    Attributes:
        film: None where there is none.
        finished: the picture as it was saved, None where only its film is known.
        generated: how that was made, as far as its file tells.
    """

    def __init__(
        self,
        film: Film | None,
        finished: QImage | None = None,
        generated: GeneratedImage | None = None,
        name: str = "",
    ) -> None:
        """``name`` is for pictures that do not tell their prompt."""
        self.film = film
        self.finished = finished
        self.generated = generated
        self._name = name
        self._decoded = DecodedPictures()
        self._images: dict[int, tuple[Pixels, QImage]] = {}

    @property
    def request(self) -> GenerationRequest | None:
        if self.film is not None:
            return self.film.request
        return self.generated.request if self.generated is not None else None

    @property
    def untold(self) -> frozenset[str]:
        """The settings of the request that are not the picture's."""
        return frozenset() if self.film is not None or self.generated is None else self.generated.recipe.untold

    @property
    def run(self) -> str:
        if self.film is not None:
            return self.film.run
        return self.generated.recipe.run if self.generated is not None else ""

    @property
    def parent(self) -> Parent | None:
        if self.film is not None:
            return self.film.parent
        return self.generated.recipe.parent if self.generated is not None else None

    @property
    def name(self) -> str:
        return (self.request.prompt if self.request is not None else "") or self._name or tr("(no prompt)")

    def keep_decoded(self, call: int, pixels: Pixels) -> None:
        """The true picture of x0 at a call of the film."""
        self._decoded.keep(call, pixels)

    def has_decoded(self, call: int) -> bool:
        return self._true_picture(call) is not None

    def finished_picture(self) -> ComparedPicture | None:
        """Without a film: the saved picture at every step."""
        if self.finished is None:
            return None
        generated = self.generated
        state = tr("finished")
        if generated is not None and generated.recipe.stage != "final":
            state = tr(
                "kept at step {step} of {steps}", step=generated.recipe.step, steps=generated.request.all_steps
            )
        return ComparedPicture(self.finished, self.finished.size(), self.name, state)

    def picture_at(self, film: Film, call: int, *, is_decoded: bool, tells_noise: bool = False) -> ComparedPicture:
        """x0 at a call of the film, decoded where that is wished and known, else by the linear map.

        ``tells_noise``: sigma belongs into the words.
        """
        frame, request = film.frames[call], film.request
        true = self._true_picture(call) if is_decoded else None
        place = tr("step {step} of {steps}", step=frame.step + 1, steps=request.all_steps)
        noise = f" · σ {number(frame.sigma)}" if tells_noise else ""
        kind = tr("preview") if true is None else tr("decoded")
        image = to_image(film.picture(frame.denoised)) if true is None else self._image(call, true)
        size = QSize(film.whole_size.width, film.whole_size.height)
        return ComparedPicture(image, size, self.name, f"{place}{noise} · {kind}")

    def _true_picture(self, call: int) -> Pixels | None:
        """Of the last call, the finished picture is the true one."""
        generated = self.generated
        is_last = self.film is not None and call == self.film.schedule.calls - 1
        is_finished = generated is not None and generated.recipe.stage == "final"
        if is_last and generated is not None and is_finished and generated.recipe.run == self.run:
            return generated.pixels
        return self._decoded.find(call)

    def _image(self, call: int, pixels: Pixels) -> QImage:
        """Returns the same image for the same pixels, so that painting can be cached."""
        known = self._images.get(call)
        if known is None or known[0] is not pixels:
            known = (pixels, to_image(pixels))
            self._images = {call: known}
        return known[1]
