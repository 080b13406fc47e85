"""The words of the captions by category: every word the starter model has learnt, and what it stands for.

Tables only; `captions.py` makes sentences of them and the model's folder carries them as `words.json`.
"""

from core.training.scene import Colour, Light, Season, Terrain, Time


def _split(phrases: str) -> tuple[str, ...]:
    return tuple(phrases.split(", "))


TIME_WORDS: dict[Time, tuple[str, ...]] = {
    "morning": _split("in the morning, at dawn, at sunrise, in the early morning, in morning light"),
    "noon": _split("at noon, at midday, by day, in daylight, on a bright day, on a sunny day, during the day"),
    "sunset": _split("at sunset, at dusk, in the evening, at sundown, in the evening glow, in the golden hour"),
    "night": _split("at night, by night, at midnight, in the dark, in the night, on a dark night"),
}
TIME_NAMES: dict[Time, tuple[str, ...]] = {
    "morning": _split("morning, dawn, sunrise"),
    "noon": _split("noon, midday, daylight, day"),
    "sunset": _split("sunset, dusk, evening"),
    "night": _split("night, midnight"),
}
TERRAIN_NAMES: dict[Terrain, tuple[str, ...]] = {
    "sea": _split("the sea, the ocean, a calm sea, the seaside, the coast, the water"),
    "mountains": _split("mountains, the mountains, a mountain, rocky mountains, high peaks, the alps"),
    "hills": _split("hills, rolling hills, the hills, a valley, meadows"),
    "forest": _split("a forest, the forest, woods, the woods, tall trees, a deep forest"),
    "field": _split("a field, fields, farmland, the countryside, a wide field, a ploughed field"),
    "desert": _split("a desert, the desert, sand dunes, dunes, a sandy desert, golden sand"),
    "city": _split("a city, the city, a town, skyscrapers, tall buildings, a skyline"),
}
TERRAIN_PLACES: dict[Terrain, tuple[str, ...]] = {
    "sea": _split(
        "by the sea, at the sea, near the ocean, by the water, at the coast, at the seaside, on the shore"
    ),
    "mountains": _split(
        "in the mountains, near the mountains, in front of mountains, below the peaks, in the alps"
    ),
    "hills": _split("in the hills, on a hill, among rolling hills, in a valley, in a meadow"),
    "forest": _split("in a forest, in the forest, in the woods, among the trees, in front of a forest"),
    "field": _split("in a field, in the fields, in the countryside, on a farm, on farmland"),
    "desert": _split("in the desert, in a desert, among the dunes, in the sand"),
    "city": _split("in the city, in a city, in a town, downtown, among skyscrapers"),
}
ON_THE_WATER = _split("on the sea, at sea, on the water, on the ocean, on a calm sea")
OVER: dict[Terrain, tuple[str, ...]] = {
    "sea": _split("over the sea, above the ocean, over the water, above the sea"),
    "mountains": _split("over the mountains, above the mountains, over a mountain"),
    "hills": _split("over the hills, above the hills, over a valley, over meadows"),
    "forest": _split("over the forest, above the trees, over the woods"),
    "field": _split("over the fields, above a field, over farmland"),
    "desert": _split("over the desert, above the dunes, over the sand"),
    "city": _split("over the city, above the city, over a town, above the skyline"),
}
SEASON_ADJECTIVES: dict[Season, tuple[str, ...]] = {
    "summer": (),
    "winter": _split("snowy, snow-covered, wintry"),
    "autumn": _split("autumn, autumnal"),
}
SEASON_PLACES: dict[Season, tuple[str, ...]] = {
    "summer": (),
    "winter": _split("in winter, in the snow, with snow, covered in snow, on a winter day"),
    "autumn": _split("in autumn, in fall, with autumn colours, in october"),
}
LIGHT_NAMES: dict[Light, tuple[str, ...]] = {
    "none": (),
    "sun": _split("the sun, a bright sun, sunshine"),
    "full moon": _split("a full moon, the moon, a bright moon, moonlight"),
    "crescent moon": _split("a crescent moon, a new moon, a thin moon, a half moon"),
}
STARS = _split("stars, a starry sky, many stars, bright stars")
CLOUDS = _split("clouds, a few clouds, a cloudy sky, some clouds")
CLEAR = _split("a clear sky, no clouds, a cloudless sky")
TREES = _split("trees, pine trees, a few trees, some pines")
AUTUMN_TREES = _split("trees, a few trees, autumn trees, orange trees")
CACTI = _split("cacti, a cactus, cactuses")
HOUSES = _split("house, house, cottage, cabin, home, hut")
SAILBOATS = _split("sailboat, boat, sailing boat, ship, sailing ship, yacht")
BALLOONS = _split("balloon, hot air balloon, hot-air balloon")
LIGHTHOUSES = _split("lighthouse, lighthouse, red and white lighthouse, striped lighthouse, light house")
COLOUR_WORDS: dict[Colour, tuple[str, ...]] = {
    "red": _split("red, red, red, crimson, scarlet, bright red"),
    "orange": _split("orange, orange, orange, bright orange"),
    "yellow": _split("yellow, yellow, yellow, golden, lemon yellow"),
    "green": _split("green, green, green, emerald"),
    "blue": _split("blue, blue, blue, bright blue, azure"),
    "purple": _split("purple, purple, purple, violet"),
    "pink": _split("pink, pink, pink, rose"),
    "white": _split("white, white, white, pure white"),
}
OPENINGS = _split(
    "a picture of, a painting of, a postcard of, an illustration of, a drawing of, a photo of, a view of, a "
    "landscape with, a poster of, an image of, a scene with, a postcard showing"
)
MOODS = _split(
    "beautiful, peaceful, quiet, calm, lovely, flat design, minimalist, soft colours, detailed, high quality, "
    "dreamy, digital art, charming, simple, vector art, best quality, serene"
)
SIZES = _split("little, small, big, old, lonely, pretty, tiny, single, large, cute, wooden")

EXAMPLE_PROMPTS = (
    "a red house by the sea at sunset",
    "a lighthouse at night",
    "snowy mountains at noon",
    "a yellow balloon over the hills in the morning",
    "a blue sailboat on the sea at noon",
    "a green house in the forest in winter",
    "a desert at sunset with cacti",
    "a city at night under a full moon",
    "an orange balloon over autumn hills",
    "a pink house in a field, clear sky",
    "a white sailboat at sea in the morning",
    "a purple balloon above the mountains at sunset",
)
SHOWCASE_PROMPTS = (
    "a red house by the sea at sunset",
    "a lighthouse at night",
    "a yellow balloon over the hills at noon",
    "a blue sailboat on the sea in the morning",
    "a purple house in the mountains in winter",
    "a purple balloon over the desert at sunset",
    "a green house in the forest in autumn",
    "a blue balloon over the hills in autumn",
    "an orange house in a field at noon",
    "a pink balloon above the mountains in the morning",
    "a yellow sailboat on the sea at sunset",
    "a blue house in the hills at night with stars",
    "a red balloon over the forest in winter",
    "a lighthouse by the sea in the morning",
    "a desert with cacti at sunset",
    "a white sailboat on the sea at noon",
)
"""Prompts of the README's sixteen pictures, with the seeds 0 to 15 in their order."""


def word_list() -> dict[str, list[str]]:
    """Returns the words by category, for completion and for marking words the model has never seen."""
    tables: dict[str, list[tuple[str, ...]]] = {
        "time": [*TIME_WORDS.values(), *TIME_NAMES.values()],
        "place": [*TERRAIN_NAMES.values(), *TERRAIN_PLACES.values(), ON_THE_WATER, *OVER.values()],
        "season": [*SEASON_ADJECTIVES.values(), *SEASON_PLACES.values()],
        "sky": [*LIGHT_NAMES.values(), STARS, CLOUDS, CLEAR],
        "object": [HOUSES, SAILBOATS, BALLOONS, LIGHTHOUSES, TREES, AUTUMN_TREES, CACTI],
        "colour": list(COLOUR_WORDS.values()),
        "style": [OPENINGS, MOODS, SIZES],
    }
    return {category: sorted({phrase for row in rows for phrase in row}) for category, rows in tables.items()}
