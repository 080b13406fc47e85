"""Sentences for runs that ended in an error that nobody foresaw, by the work that it interrupted, and for runs
that go on in another place.
"""

from app.messages.errors import Message
from core.language.words import in_sentence, quoted, tr
from core.runs.events import Event, Loading, Phase, Started, Stepped

SAFE = tr("Your finished pictures are safe.")
_PHASES = {
    Phase.importing: (tr("The engine could not be started"), tr("Restart Emulsion.")),
    Phase.loading_model: (
        tr("The model could not be loaded"),
        tr("Try another model, or the same without LoRAs."),
    ),
    Phase.reading_prompt: (tr("The prompt could not be read"), tr("Try a simpler prompt.")),
    Phase.decoding: (tr("The picture could not be decoded"), tr("Try a smaller size or another autoencoder.")),
    Phase.enlarging: (tr("The picture could not be enlarged"), tr("Try a smaller factor or another upscaler.")),
    Phase.refining: (tr("The picture could not be refined"), tr("Try another model or another sampler.")),
}
_AT_END = (Phase.decoding, Phase.enlarging)


def goes_on_elsewhere(problem: Message, place: str, title: str, *, is_begun: bool) -> Message:
    """Returns the message for a run whose engine in a ``place`` has gone away."""
    told = f"{place}: {in_sentence(problem.title)}"
    prompt = quoted(title[:60])
    sentence = (
        tr("{prompt} goes on elsewhere, from the last step that was kept.", prompt=prompt)
        if is_begun
        else tr("{prompt} is made elsewhere.", prompt=prompt)
    )
    return Message(told, f"{problem.sentence} {sentence}")


def unforeseen_in_run(last: Event | None) -> Message:
    """Returns the message for a run whose ``last`` event this was, None for one that had just begun."""
    match last:
        case Loading(phase=phase):
            title, remedy = _PHASES[phase]
            return Message(
                title, tr("All steps are done. {safe}", safe=SAFE) if phase in _AT_END else SAFE, remedy
            )
        case Started(film=film) | Stepped(film=film):
            done, steps = film.frames[-1].step + 1 if film.frames else 0, film.request.all_steps
            where = (
                tr("after step {done} of {steps}", done=done, steps=steps)
                if done
                else tr("in the first of {steps} steps", steps=steps)
            )
            remedy = tr("Try another sampler or another number of steps.")
            return Message(
                tr("The sampler stopped with an error"),
                tr("It happened {where}. {safe}", where=where, safe=SAFE),
                remedy,
            )
        case _:
            return Message(
                tr("Something went wrong"), SAFE, tr("Try again. If it happens again, restart Emulsion.")
            )
