"""The attributes of a postcard, as named questions with a few possible answers each.

A `Scene` answers all of the questions, a prompt states some answers, and the judge (`judge.py`) reads its answers
off the pixels.
"""

from dataclasses import dataclass

from core.training.scene import COLOURS, TERRAINS, TIMES, Scene

OBJECTS = ("house", "lighthouse", "sailboat", "balloon", "trees")
COLOURED = ("house", "sailboat", "balloon")
_SKY = ("sun", "moon", "stars", "clouds")
_PRESENCE = ("absent", "present")

Answers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """One attribute of a picture.

    Attributes:
        name: for example "terrain", "balloon" or "balloon colour".
        category: the group that figures are given for: time, terrain, season, object, colour or sky.
    """

    name: str
    category: str
    answers: tuple[str, ...]


QUESTIONS: tuple[Question, ...] = (
    Question("time", "time", TIMES),
    Question("terrain", "terrain", TERRAINS),
    Question("season", "season", ("summer", "winter", "autumn")),
    *(Question(name, "object", _PRESENCE) for name in OBJECTS),
    *(Question(f"{name} colour", "colour", COLOURS) for name in COLOURED),
    *(Question(name, "sky", _PRESENCE) for name in _SKY),
)
CATEGORIES = ("time", "terrain", "season", "object", "colour", "sky")


def truth(scene: Scene) -> Answers:
    """Returns the right answers by the questions' names; an absent object has no colour."""
    answers: Answers = {"time": scene.time, "terrain": scene.terrain, "season": scene.season}
    there = {
        **{name: name in scene.objects for name in OBJECTS},
        "trees": scene.has_trees,
        "sun": scene.light == "sun",
        "moon": scene.light in ("full moon", "crescent moon"),
        "stars": scene.has_stars,
        "clouds": scene.has_clouds,
    }
    answers |= {name: _PRESENCE[int(is_there)] for name, is_there in there.items()}
    colours = {"house": scene.house, "sailboat": scene.sailboat, "balloon": scene.balloon}
    return answers | {f"{name} colour": colour for name, colour in colours.items() if colour is not None}


def agrees(scene: Scene, stated: Answers) -> bool:
    """Returns whether everything that is stated is true of a scene."""
    true = truth(scene)
    return all(true.get(name) == answer for name, answer in stated.items())
