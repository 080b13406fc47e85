"""Grids: pictures over all combinations of the values of up to three settings, as a plan, a folder and a sheet."""
