"""The words of the captions by category: every word the starter model has learnt, and what it stands for.

Tables only; `captions.py` makes sentences of them and the model's folder carries them as `words.json`.
"""

from core.training.scene import Colour, Light, Season, Terrain, Time

TIME_WORDS: dict[Time, tuple[str, ...]] = {
    "morning": ("in the morning", "at dawn", "at sunrise", "in the early morning", "in morning light"),
    "noon": (
        "at noon",
        "at midday",
        "by day",
        "in daylight",
        "on a bright day",
        "on a sunny day",
        "during the day",
    ),
    "sunset": (
        "at sunset",
        "at dusk",
        "in the evening",
        "at sundown",
        "in the evening glow",
        "in the golden hour",
    ),
    "night": ("at night", "by night", "at midnight", "in the dark", "in the night", "on a dark night"),
}
TIME_NAMES: dict[Time, tuple[str, ...]] = {
    "morning": ("morning", "dawn", "sunrise"),
    "noon": ("noon", "midday", "daylight", "day"),
    "sunset": ("sunset", "dusk", "evening"),
    "night": ("night", "midnight"),
}
TERRAIN_NAMES: dict[Terrain, tuple[str, ...]] = {
    "sea": ("the sea", "the ocean", "a calm sea", "the seaside", "the coast", "the water"),
    "mountains": ("mountains", "the mountains", "a mountain", "rocky mountains", "high peaks", "the alps"),
    "hills": ("hills", "rolling hills", "the hills", "a valley", "meadows"),
    "forest": ("a forest", "the forest", "woods", "the woods", "tall trees", "a deep forest"),
    "field": ("a field", "fields", "farmland", "the countryside", "a wide field", "a ploughed field"),
    "desert": ("a desert", "the desert", "sand dunes", "dunes", "a sandy desert", "golden sand"),
    "city": ("a city", "the city", "a town", "skyscrapers", "tall buildings", "a skyline"),
}
TERRAIN_PLACES: dict[Terrain, tuple[str, ...]] = {
    "sea": (
        "by the sea",
        "at the sea",
        "near the ocean",
        "by the water",
        "at the coast",
        "at the seaside",
        "on the shore",
    ),
    "mountains": (
        "in the mountains",
        "near the mountains",
        "in front of mountains",
        "below the peaks",
        "in the alps",
    ),
    "hills": ("in the hills", "on a hill", "among rolling hills", "in a valley", "in a meadow"),
    "forest": ("in a forest", "in the forest", "in the woods", "among the trees", "in front of a forest"),
    "field": ("in a field", "in the fields", "in the countryside", "on a farm", "on farmland"),
    "desert": ("in the desert", "in a desert", "among the dunes", "in the sand"),
    "city": ("in the city", "in a city", "in a town", "downtown", "among skyscrapers"),
}
ON_THE_WATER = ("on the sea", "at sea", "on the water", "on the ocean", "on a calm sea")
OVER: dict[Terrain, tuple[str, ...]] = {
    "sea": ("over the sea", "above the ocean", "over the water", "above the sea"),
    "mountains": ("over the mountains", "above the mountains", "over a mountain"),
    "hills": ("over the hills", "above the hills", "over a valley", "over meadows"),
    "forest": ("over the forest", "above the trees", "over the woods"),
    "field": ("over the fields", "above a field", "over farmland"),
    "desert": ("over the desert", "above the dunes", "over the sand"),
    "city": ("over the city", "above the city", "over a town", "above the skyline"),
}
SEASON_ADJECTIVES: dict[Season, tuple[str, ...]] = {
    "summer": (),
    "winter": ("snowy", "snow-covered", "wintry"),
    "autumn": ("autumn", "autumnal"),
}
SEASON_PLACES: dict[Season, tuple[str, ...]] = {
    "summer": (),
    "winter": ("in winter", "in the snow", "with snow", "covered in snow", "on a winter day"),
    "autumn": ("in autumn", "in fall", "with autumn colours", "in october"),
}
LIGHT_NAMES: dict[Light, tuple[str, ...]] = {
    "none": (),
    "sun": ("the sun", "a bright sun", "sunshine"),
    "full moon": ("a full moon", "the moon", "a bright moon", "moonlight"),
    "crescent moon": ("a crescent moon", "a new moon", "a thin moon", "a half moon"),
}
STARS = ("stars", "a starry sky", "many stars", "bright stars")
CLOUDS = ("clouds", "a few clouds", "a cloudy sky", "some clouds")
CLEAR = ("a clear sky", "no clouds", "a cloudless sky")
TREES = ("trees", "pine trees", "a few trees", "some pines")
AUTUMN_TREES = ("trees", "a few trees", "autumn trees", "orange trees")
CACTI = ("cacti", "a cactus", "cactuses")
HOUSES = ("house", "house", "cottage", "cabin", "home", "hut")
SAILBOATS = ("sailboat", "boat", "sailing boat", "ship", "sailing ship", "yacht")
BALLOONS = ("balloon", "hot air balloon", "hot-air balloon")
LIGHTHOUSES = ("lighthouse", "lighthouse", "red and white lighthouse", "striped lighthouse", "light house")
COLOUR_WORDS: dict[Colour, tuple[str, ...]] = {
    "red": ("red", "red", "red", "crimson", "scarlet", "bright red"),
    "orange": ("orange", "orange", "orange", "bright orange"),
    "yellow": ("yellow", "yellow", "yellow", "golden", "lemon yellow"),
    "green": ("green", "green", "green", "emerald"),
    "blue": ("blue", "blue", "blue", "bright blue", "azure"),
    "purple": ("purple", "purple", "purple", "violet"),
    "pink": ("pink", "pink", "pink", "rose"),
    "white": ("white", "white", "white", "pure white"),
}
OPENINGS = (
    "a picture of", "a painting of", "a postcard of", "an illustration of", "a drawing of", "a photo of",
    "a view of", "a landscape with", "a poster of", "an image of", "a scene with", "a postcard showing",
)  # fmt: skip
MOODS = (
    "beautiful", "peaceful", "quiet", "calm", "lovely", "flat design", "minimalist", "soft colours", "detailed",
    "high quality", "dreamy", "digital art", "charming", "simple", "vector art", "best quality", "serene",
)  # fmt: skip
SIZES = ("little", "small", "big", "old", "lonely", "pretty", "tiny", "single", "large", "cute", "wooden")

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


def word_list() -> dict[str, list[str]]:
    """The words by category, for completion and for marking words the model has never seen."""
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
