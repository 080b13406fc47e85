"""The place Models: what can be downloaded, what is here, and what fits this computer."""
