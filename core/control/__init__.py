"""Pictures that guide the one that is made: the networks for it, and the maps that they look at."""
