"""Pictures that the engine has made."""

from dataclasses import dataclass

from core.pictures.pixels import Pixels
from core.recipes.recipe import Recipe
from core.request.request import GenerationRequest


@dataclass(frozen=True, slots=True, eq=False)
class GeneratedImage:
    """A picture that can be saved, and the recipe that makes it again."""

    pixels: Pixels
    recipe: Recipe

    @property
    def request(self) -> GenerationRequest:
        """Returns the request with the seed that was used and a count of 1."""
        return self.recipe.request
