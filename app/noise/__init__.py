"""The other direction: a picture of one's own, drowned in noise step by step, and what the network makes of it."""
