"""Looking at pictures against each other: wipe, side by side, difference. Knows pixels, neither runs nor films."""
