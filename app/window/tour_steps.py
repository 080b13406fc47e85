"""The steps of *First steps*: each points at a control and says one thing; most give the user something to try."""

from dataclasses import dataclass

from core.language.words import tr


@dataclass(frozen=True, slots=True)
class TourStep:
    """One step.

    Attributes:
        target: object name of the widget that it points at.
        text: plain text.
        event: key of `app.window.tour.Tour.events` that says that it was tried, "" where there is nothing to try.
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
    TourStep(
        "generateButton",
        tr(
            "Press Generate and watch the large picture. It is made on this computer, in small steps; with "
            "the starter model that takes a few seconds."
        ),
        "started",
    ),
    TourStep(
        "filmStrip",
        tr(
            "It began with pure noise: random specks, without any picture. At each step the network guesses "
            "what of it is noise, and a little of that is removed. Here you see what it took the picture for "
            "at each step."
        ),
    ),
    TourStep(
        "filmScrubber",
        tr(
            "Every step was kept. Drag the handle to the left and watch the large picture: first there are "
            "only patches of colour, then the layout appears, and the details come last."
        ),
        "scrubbed",
    ),
    TourStep(
        "filmPositionLabel",
        tr(
            "This is the noise level that the step begins with: how much is picture already, and how much is "
            "still noise. While there is much noise, the layout is decided; later only details change."
        ),
    ),
    TourStep(
        "filmViewsButton",
        tr(
            "To see the noise itself, open the views. The one called Noisy shows what the network really gets"
            " at this step: picture and noise, mixed. The large picture is what it guesses underneath."
        ),
        "views",
    ),
    TourStep(
        "filmPlayButton",
        tr("Play the film, and watch the noise turn into a picture. Steps that change much are shown longer."),
        "played",
    ),
    TourStep(
        "viewCombo",
        tr(
            "Choose Guidance in this list. At each step the network guesses twice: with your prompt, and "
            "without it. The map shows where the two differ, and so where your words pull at the picture; at an "
            "early step, such as this one, they decide the layout."
        ),
        "view",
    ),
    TourStep(
        "guidanceSpin",
        tr(
            "The guidance scale says how hard they pull. At 1 they get no extra push; at high values they "
            "push until colours and shapes suffer. Set it to 12 and press Generate again. The tour has locked"
            " the seed: both pictures begin with the same noise."
        ),
        "guided",
    ),
    TourStep(
        "recentView",
        tr(
            "The newest picture stands first. Click the one before it and compare: the same scene, but "
            "calmer. The tour goes on with that one, and the guidance scale is back at {guidance}."
        ),
        "compared",
    ),
    TourStep(
        "filmBranchButton",
        tr(
            "Now make a branch: the same picture up to a step, then another way. Drag the handle to step 5 "
            "and press this button. Then change a word, such as “sunset” to “night”, and press Branch."
        ),
        "branched",
    ),
    TourStep(
        "branchArea",
        tr(
            "Your branch stands below the picture that it left: the first steps are shared, so the layout "
            "stayed. Click either to see its film. That was the tour: the question mark in each view explains"
            " more, and F1 shows the keys."
        ),
    ),
)
