"""Recipes of pictures: reading, writing and comparing them, also those of other programs."""
