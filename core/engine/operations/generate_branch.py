"""Takes a run up again at one of its calls."""

from collections.abc import Iterator
from dataclasses import replace

from core.control.maps import read_maps_of_sizes
from core.engine.attention_probes import attention_recorder
from core.engine.context import Context
from core.engine.generation import generate_picture
from core.engine.initial_state import from_branch, training_of
from core.film.control_maps import known_maps
from core.request.request import GenerationRequest
from core.request.settings.emphasis import PLAIN
from core.runs.branch import Branch
from core.runs.events import Event
from core.runs.operations import GenerateBranch


def run(context: Context, operation: GenerateBranch) -> Iterator[Event]:
    branch = operation.branch
    # a run's beginning is in its film: the source picture may be gone
    before = branch.film.request
    source, mask = (None, None) if branch.film.frames else (branch.request.source, before.mask)
    first = branch.film.first_call_at(branch.call)
    hires = before.hires and (branch.request.hires or before.hires)
    has_begun = 0 < first < branch.call
    if hires is not None and has_begun:  # its upscaler may be gone, too
        hires = hires.begun()
    kept = {"source": source, "mask": mask, "references": before.references, "hires": hires}
    asked, folders = _rewritten(branch), (context.sources,) if context.sources is not None else ()
    known = known_maps(branch.film)
    # of a masked part, before it is forgotten what part it was
    of_part = replace(asked, source=before.source, mask=before.mask)
    known, controls = read_maps_of_sizes(of_part, known, folders, known)
    model = yield from context.prepare(replace(asked, **kept, controls=controls), known)
    training = model.request.training
    if training != branch.request.training:  # the user has chosen since then: the run keeps to what it began with
        training = training_of(branch.film)
    hires = model.request.hires
    if before.hires is not None and hires is not None and has_begun:
        hires = replace(hires, upscaler=before.hires.upscaler, sha256=before.hires.sha256)
    branch = replace(branch, request=replace(model.request, training=training, hires=hires))
    start = model.with_autoencoder(lambda: from_branch(model.family, branch, context.plan.device))
    start = replace(start, film=model.with_maps(start.film))
    request = start.film.request
    calls = yield from context.read_prompt(model, request, start.film.skipped_steps)
    calls = calls.of_film(start.film)
    attention = attention_recorder(model, request, calls, operation.attended) if operation.attention else None
    yield from generate_picture(
        model,
        start,
        calls=calls,
        attention=attention,
        previews=model.previews(operation.previews, request.size, context.decode_times),
        plan=model.loaded.plan,
        enlarger=context.enlarger,
    )


def _rewritten(branch: Branch) -> GenerationRequest:
    """Returns the branch's request; a prompt that is not the run's has not been drawn from its template.

    It is also read as prompts are now, if the film is from before there were weights.
    """
    request, before = branch.request, branch.film.request
    is_same = (request.prompt, request.negative_prompt) == (before.prompt, before.negative_prompt)
    return replace(
        request,
        emphasis="original" if request.emphasis == before.emphasis == PLAIN and not is_same else request.emphasis,
        template=request.template if request.prompt == before.prompt else "",
        negative_template=request.negative_template if request.negative_prompt == before.negative_prompt else "",
    )
