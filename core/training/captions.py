"""Describes a scene in words: a small grammar with synonyms, several sentence shapes and random omission.

Omission is deliberate: "a lighthouse at night" must mean something without naming the sea. Everything that a
caption names is true of its scene.
"""

from dataclasses import dataclass

import numpy as np

from core.training import words
from core.training.scene import Colour, Scene, random_scene

FEWEST_WORDS, MOST_WORDS = 4, 11
"""The length of a prompt that says enough and is read at a glance."""


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The parts of one caption; an empty string is a part left out."""

    subject: str
    place: str
    time: str
    season: str
    extras: tuple[str, ...]


def caption(scene: Scene, rng: np.random.Generator) -> str:
    """Returns one sentence about a scene; another draw gives another sentence."""
    parts = _phrases(scene, rng)
    shape = float(rng.random())
    if shape < 0.5:
        sentence = _joined(parts.subject, parts.place, parts.season, parts.time) + _with(parts.extras, rng)
    elif shape < 0.65:
        sentence = _joined(parts.subject, parts.place, parts.time, parts.season) + _with(parts.extras, rng)
    elif shape < 0.85:
        sentence = ", ".join(filter(None, (parts.subject, parts.place, parts.season, parts.time, *parts.extras)))
    else:
        scenery = _joined(parts.subject, parts.place, parts.season)
        sentence = ", ".join(filter(None, (parts.time, scenery, *parts.extras)))
    if rng.random() < 0.15:
        sentence = f"{_pick(rng, words.OPENINGS)} {sentence}"
    if rng.random() < 0.12:
        sentence = f"{sentence}, {_pick(rng, words.MOODS)}"
    return sentence


def prompts(count: int, seed: int) -> list[str]:
    """Returns different captions of random scenes as people type them: short, and without "a painting of"."""
    rng = np.random.default_rng(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        sentence = caption(random_scene(int(rng.integers(2**31))), rng)
        is_plain = not any(phrase in sentence for phrase in (*words.OPENINGS, *words.MOODS))
        if is_plain and FEWEST_WORDS <= len(sentence.split()) <= MOST_WORDS:
            found[sentence] = None
    return list(found)


def _phrases(scene: Scene, rng: np.random.Generator) -> _Phrases:
    season_said = scene.season != "summer" and rng.random() < 0.9
    as_adjective = season_said and rng.random() < 0.5
    subject, place, leftover_season = _subject(scene, rng, as_adjective)
    season = ""
    if season_said and (not as_adjective or leftover_season):
        season = _pick(rng, words.SEASON_PLACES[scene.season])
    time = ""
    if rng.random() < 0.9:
        table = words.TIME_WORDS if rng.random() < 0.85 else words.TIME_NAMES
        time = _pick(rng, table[scene.time])
    return _Phrases(subject, place, time, season, _extras(scene, rng))


def _subject(scene: Scene, rng: np.random.Generator, with_season: bool) -> tuple[str, str, bool]:
    """Returns the subject of the picture, its place, and whether the season is still to be named."""
    adjective = _pick(rng, words.SEASON_ADJECTIVES[scene.season]) if with_season else ""
    if not scene.objects:
        name = _pick(rng, words.TERRAIN_NAMES[scene.terrain])
        return _adorned(name, adjective), "", False
    names = [_object(scene, name, rng) for name in scene.objects]
    if len(names) == 2:
        names = names[::-1] if rng.random() < 0.5 else names
        if rng.random() < 0.04:
            names = names[:1]
    subject = " and ".join(names)
    if rng.random() < 0.12:
        return subject, "", with_season
    return subject, _place(scene, rng, adjective), False


def _place(scene: Scene, rng: np.random.Generator, adjective: str) -> str:
    if scene.objects == ("balloon",) and rng.random() < 0.8:
        phrase = _pick(rng, words.OVER[scene.terrain])
    elif scene.objects == ("sailboat",) and rng.random() < 0.8:
        phrase = _pick(rng, words.ON_THE_WATER)
    else:
        phrase = _pick(rng, words.TERRAIN_PLACES[scene.terrain])
    if not adjective or " " not in phrase:
        return phrase
    *leading, name = phrase.split(" ")
    if leading[-1] in ("a", "an"):
        return " ".join([*leading[:-1], _with_article(f"{adjective} {name}")])
    return " ".join([*leading, adjective, name])


def _object(scene: Scene, name: str, rng: np.random.Generator) -> str:
    tables: dict[str, tuple[tuple[str, ...], Colour | None]] = {
        "house": (words.HOUSES, scene.house),
        "sailboat": (words.SAILBOATS, scene.sailboat),
        "balloon": (words.BALLOONS, scene.balloon),
        "lighthouse": (words.LIGHTHOUSES, None),
    }
    nouns, colour = tables[name]
    noun = nouns[0] if rng.random() < 0.5 else _pick(rng, nouns)
    if colour is not None and rng.random() < 0.93:
        if rng.random() < 0.04:
            return f"{_with_article(noun)} in {_pick(rng, words.COLOUR_WORDS[colour])}"
        noun = f"{colour if rng.random() < 0.6 else _pick(rng, words.COLOUR_WORDS[colour])} {noun}"
    if rng.random() < 0.1:
        noun = f"{_pick(rng, words.SIZES)} {noun}"
    return _with_article(noun) if rng.random() < 0.9 else noun


def _extras(scene: Scene, rng: np.random.Generator) -> tuple[str, ...]:
    extras: list[str] = []
    if scene.light != "none" and rng.random() < 0.7:
        extras.append(_pick(rng, words.LIGHT_NAMES[scene.light]))
    if scene.has_stars and rng.random() < 0.7:
        extras.append(_pick(rng, words.STARS))
    if scene.has_clouds and rng.random() < 0.75:
        extras.append(_pick(rng, words.CLOUDS))
    elif not scene.has_clouds and rng.random() < 0.08:
        extras.append(_pick(rng, words.CLEAR))
    if scene.has_trees and rng.random() < 0.9:
        extras.append(_pick(rng, _tree_words(scene)))
    rng.shuffle(extras)
    return tuple(extras[:3])


def _tree_words(scene: Scene) -> tuple[str, ...]:
    if scene.terrain == "desert":
        return words.CACTI
    return words.AUTUMN_TREES if scene.season == "autumn" else words.TREES


def _with(extras: tuple[str, ...], rng: np.random.Generator) -> str:
    if not extras:
        return ""
    link = _pick(rng, (" with ", " with ", ", ", " and "))
    return link + (" and ".join(extras) if len(extras) < 3 else f"{extras[0]}, {extras[1]} and {extras[2]}")


def _adorned(name: str, adjective: str) -> str:
    """Puts the adjective between article and noun."""
    if not adjective:
        return name
    article, _, rest = name.partition(" ")
    if article not in ("a", "an", "the"):
        return f"{adjective} {name}"
    return _with_article(f"{adjective} {rest}") if article != "the" else f"the {adjective} {rest}"


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _pick(rng: np.random.Generator, choices: tuple[str, ...]) -> str:
    return choices[int(rng.integers(len(choices)))] if choices else ""
