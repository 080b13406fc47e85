"""Sentences for runs that ended in an error that nobody foresaw, by the work that it interrupted."""

from app.messages.errors import Message
from core.runs.events import Event, Loading, Phase, Started, Stepped

SAFE = "Your finished pictures are safe."
_PHASES = {
    Phase.importing: ("The engine could not be started", "Restart Emulsion."),
    Phase.loading_model: ("The model could not be loaded", "Try another model, or the same without LoRAs."),
    Phase.reading_prompt: ("The prompt could not be read", "Try a simpler prompt."),
    Phase.decoding: ("The picture could not be decoded", "Try a smaller size or another autoencoder."),
}


def unforeseen_in_run(last: Event | None) -> Message:
    """Returns the message for a run whose ``last`` event this was, None for one that had just begun."""
    match last:
        case Loading(phase=phase):
            title, remedy = _PHASES[phase]
            return Message(title, f"All steps are done. {SAFE}" if phase is Phase.decoding else SAFE, remedy)
        case Started(film=film) | Stepped(film=film):
            done, steps = film.frames[-1].step + 1 if film.frames else 0, film.request.steps
            where = f"after step {done} of {steps}" if done else f"in the first of {steps} steps"
            remedy = "Try another sampler or another number of steps."
            return Message("The sampler stopped with an error", f"It happened {where}. {SAFE}", remedy)
        case _:
            return Message("Something went wrong", SAFE, "Try again. If it happens again, restart Emulsion.")
