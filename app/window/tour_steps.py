"""The steps of *First steps*: each points at a control, says one thing, and most wait for the user to try it."""

from dataclasses import dataclass

from core.language.words import tr


@dataclass(frozen=True, slots=True)
class TourStep:
    """One step.

    Attributes:
        target: object name of the widget that it points at.
        text: plain text.
        event: key of `app.window.tour.Tour.events` that goes on to the next step, "" for the button alone.
    """

    target: str
    text: str
    event: str = ""


STEPS = (
    TourStep(
        "promptEdit",
        tr(
            "This is the prompt: say what you want to see. The starter model draws postcards of lighthouses, "
            "houses, boats and balloons, by day or by night, in any season."
        ),
    ),
    TourStep("generateButton", tr("Press Generate. The picture is made on this computer."), "started"),
    TourStep(
        "canvas",
        tr(
            "The network begins with pure noise. At each step it predicts what is noise, and a little of that is "
            "removed."
        ),
        "ended",
    ),
    TourStep(
        "filmScrubber",
        tr(
            "Every step was kept. Drag the handle back to the first steps and watch the picture dissolve "
            "into noise."
        ),
        "scrubbed",
    ),
    TourStep(
        "filmPositionLabel",
        tr(
            "This is the noise level: how much of the step is picture, and how much is still noise. While "
            "there is much noise the layout is decided, later the details."
        ),
    ),
    TourStep("filmPlayButton", tr("Play the film. Steps that change much are shown longer."), "played"),
    TourStep(
        "filmViewsButton",
        tr(
            "Open the views: other ways to look at the same step. Noisy is what the network sees, Denoised is the "
            "picture that it guesses underneath."
        ),
        "views",
    ),
    TourStep(
        "viewCombo",
        tr(
            "Choose Guidance here. At each step the network is asked twice, with your prompt and without it. "
            "The map shows where the prompt makes a difference."
        ),
        "view",
    ),
    TourStep(
        "guidanceSpin",
        tr(
            "The guidance scale says how strongly that difference counts. At 1 the prompt gets no extra "
            "push; at high values it pushes so hard that colours suffer. Try 4: your next pictures will use "
            "it."
        ),
        "guidance",
    ),
    TourStep(
        "filmBranchButton",
        tr(
            "Now a branch of your own. Drag the handle to about step 6, press this button, change a word, "
            "and press Branch. The steps before are reused, so the layout stays; the rest goes another way."
        ),
        "branched",
    ),
    TourStep(
        "branchArea",
        tr(
            "Your branch stands beside the run that it left: click one to see its film. From here on, "
            "explore. The question mark in each view explains it, and F1 shows the keys."
        ),
    ),
)
