"""The texts of a film: which text of its prompts acted at each call."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import InvalidRequest
from core.film.film import Film
from core.language.words import tr
from core.prompt.timeline import Moment, Timeline, first_call, timeline_of


@dataclass(frozen=True, slots=True)
class FilmTexts:
    """Answers by the number of a call in the film, from 0."""

    timeline: Timeline | None
    first: int = 0

    @classmethod
    def of(cls, film: Film) -> FilmTexts:
        """Reads the film's prompts; those that no run would read are one text from start to end."""
        try:
            texts = timeline_of(film.request, film.model.family)
        except InvalidRequest:
            return cls(None)
        return cls(texts, first_call(film.request, film.skipped_steps))

    @property
    def is_constant(self) -> bool:
        return self.timeline is None or self.timeline.is_constant

    def at(self, call: int) -> Moment | None:
        return None if self.timeline is None else self.timeline.moments[self.timeline.at(self.first + call)]

    def changes_at(self, call: int) -> bool:
        """Returns True if another text acts here than at the call before."""
        if self.timeline is None or self.timeline.is_constant or call == 0:
            return False
        return self.timeline.at(self.first + call) != self.timeline.at(self.first + call - 1)

    def words_at(self, call: int) -> str:
        """Returns the prompt of a call for people, "" where it is the same at every call."""
        moment = self.at(call)
        if moment is None or self.is_constant:
            return ""
        prompt = " AND ".join(" ".join(part.content.text.split()) for part in moment.parts)
        negative = " ".join(moment.negative.text.split())
        return tr("{prompt} · without {negative}", prompt=prompt, negative=negative) if negative else prompt
