"""Compares pictures: wipe, side by side, difference. Knows pixels, neither runs nor films."""
