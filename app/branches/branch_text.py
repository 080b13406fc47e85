"""The text beside a run in the tree of branches. Recipes come from outside: it is shown as plain text."""

from core.recipes.differences import differences
from core.request.request import GenerationRequest
from core.request.samplers import SAMPLERS
from core.runs.branch_tree import BranchRun, BranchTree

_LONGEST_PROMPT = 200


def heading(run: BranchRun) -> str:
    """Returns ``from step 9 · prompt`` for a branch, the prompt for the first run."""
    if run.origin is not None:
        return f"from step {run.origin.step + 1} · {run.origin.changes[:_LONGEST_PROMPT] or 'unchanged'}"
    if run.recipe is not None:
        return _prompt(run.recipe.request)
    return "No longer here"


def detail(tree: BranchTree, run: BranchRun) -> str:
    """Returns the differences from the parent, or the settings of the first run."""
    recipe = run.recipe
    if recipe is None:
        return "the picture of this run was moved or deleted"
    request = recipe.request
    parent = tree.runs[run.parent].recipe if run.parent is not None else None
    if parent is not None:
        parts = [part for part in differences(parent.request, request) if part.name != "steps"]
        # the heading says already that it is the prompt
        text = " · ".join(str(part).removeprefix("prompt ") for part in parts) or _prompt(request)
    elif run.parent is not None:
        text = _prompt(request)
    else:
        text = f"{request.steps} steps · {SAMPLERS[request.sampler].name} · seed {request.seed}"
    return f"{text} · kept at step {recipe.step} of {request.steps}" if recipe.stage != "final" else text


def description(tree: BranchTree, row: int) -> str:
    """Returns all about a row, for the tooltip and screen readers."""
    run = tree.runs[row]
    lines = [heading(run), detail(tree, run)]
    if run.recipe is not None and run.origin is not None:
        lines.append(_prompt(run.recipe.request))
    children = sum(1 for other in tree.runs if other.parent == row)
    if children:
        lines.append("1 branch leaves it" if children == 1 else f"{children} branches leave it")
    if row == tree.current:
        lines.append("This is the run that is shown")
    return "\n".join(dict.fromkeys(lines))  # a prompt that stands there already is not repeated


def _prompt(request: GenerationRequest) -> str:
    return " ".join(request.prompt[:_LONGEST_PROMPT].split()) or "(no prompt)"
