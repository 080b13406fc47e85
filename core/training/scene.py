"""The content of a postcard: a frozen record of attributes, chosen at random, from which the picture is drawn.

The picture, the caption and the judgement of generated pictures share a `Scene` as their truth.
"""

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

Time = Literal["morning", "noon", "sunset", "night"]
Terrain = Literal["sea", "mountains", "hills", "forest", "field", "desert", "city"]
Season = Literal["summer", "winter", "autumn"]
Light = Literal["none", "sun", "full moon", "crescent moon"]
Colour = Literal["red", "orange", "yellow", "green", "blue", "purple", "pink", "white"]

TIMES: tuple[Time, ...] = ("morning", "noon", "sunset", "night")
TERRAINS: tuple[Terrain, ...] = ("sea", "mountains", "hills", "forest", "field", "desert", "city")
COLOURS: tuple[Colour, ...] = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white")

_TERRAIN_WEIGHTS = (0.27, 0.16, 0.14, 0.13, 0.11, 0.10, 0.09)
_SNOW_LIES_ON = ("mountains", "hills", "forest", "field", "city")
_LEAVES_TURN_IN = ("mountains", "hills", "forest", "field")
_TREES_STAND_IN = ("mountains", "hills", "field", "desert")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scene:
    """The attributes of one postcard.

    `season` is "summer" if nothing suggests a season. A colour is None if the object is absent. `seed` decides the
    composition: positions of things, shapes of ridges.
    """

    seed: int
    time: Time
    terrain: Terrain
    season: Season = "summer"
    light: Light = "none"
    has_stars: bool = False
    has_clouds: bool = False
    has_trees: bool = False
    has_lighthouse: bool = False
    house: Colour | None = None
    sailboat: Colour | None = None
    balloon: Colour | None = None

    @property
    def is_lit(self) -> bool:
        """Returns whether lamps and windows shine."""
        return self.time in ("night", "sunset")

    @property
    def objects(self) -> tuple[str, ...]:
        """Returns the names of the objects that are present."""
        present = {
            "house": self.house is not None,
            "lighthouse": self.has_lighthouse,
            "sailboat": self.sailboat is not None,
            "balloon": self.balloon is not None,
        }
        return tuple(name for name, is_present in present.items() if is_present)


def random_scene(seed: int) -> Scene:
    """Returns the scene that belongs to a seed, the same on every machine."""
    rng = np.random.default_rng((seed, 1))
    time: Time = _choose(rng, TIMES, (0.22, 0.26, 0.26, 0.26))
    terrain: Terrain = _choose(rng, TERRAINS, _TERRAIN_WEIGHTS)
    season = _random_season(rng, terrain)
    objects = _random_objects(rng, terrain)
    has_trees = terrain in _TREES_STAND_IN and "house" not in objects and _chance(rng, 0.35)
    return Scene(
        seed=seed,
        time=time,
        terrain=terrain,
        season=season,
        light=_random_light(rng, time),
        has_stars=time == "night" and _chance(rng, 0.6),
        has_clouds=_chance(rng, 0.35),
        has_trees=has_trees,
        has_lighthouse="lighthouse" in objects,
        house=_choose(rng, COLOURS) if "house" in objects else None,
        sailboat=_choose(rng, COLOURS) if "sailboat" in objects else None,
        balloon=_choose(rng, COLOURS) if "balloon" in objects else None,
    )


def _random_season(rng: np.random.Generator, terrain: Terrain) -> Season:
    can_snow, can_turn = terrain in _SNOW_LIES_ON, terrain in _LEAVES_TURN_IN
    seasons: tuple[Season, ...] = ("summer", "winter", "autumn")
    weights = (0.5, 0.3 if can_snow else 0.0, 0.2 if can_turn else 0.0)
    return _choose(rng, seasons, weights)


def _random_light(rng: np.random.Generator, time: Time) -> Light:
    if time == "night":
        return _choose(rng, ("full moon", "crescent moon", "none"), (0.45, 0.25, 0.3))
    return _choose(rng, ("sun", "none"), (0.65, 0.35))


def _random_objects(rng: np.random.Generator, terrain: Terrain) -> tuple[str, ...]:
    """Returns at most two objects, so that each is large and clear."""
    if terrain == "sea":
        alone = ((), ("house",), ("lighthouse",), ("sailboat",), ("balloon",))
        pairs = (("lighthouse", "sailboat"), ("house", "balloon"))
        return _choose(rng, (*alone, *pairs), (0.10, 0.26, 0.22, 0.24, 0.10, 0.04, 0.04))
    if terrain == "city":
        return _choose(rng, ((), ("balloon",)), (0.55, 0.45))
    return _choose(rng, ((), ("house",), ("balloon",), ("house", "balloon")), (0.30, 0.40, 0.24, 0.06))


def _chance(rng: np.random.Generator, probability: float) -> bool:
    return bool(rng.random() < probability)


def _choose(rng: np.random.Generator, choices: tuple[T, ...], weights: tuple[float, ...] | None = None) -> T:
    if weights is None:
        return choices[int(rng.integers(len(choices)))]
    share = np.asarray(weights) / sum(weights)
    return choices[int(rng.choice(len(choices), p=share))]
