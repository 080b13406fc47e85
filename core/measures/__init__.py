"""Numbers about a film, for the views: numpy only, each tested against a closed form."""
