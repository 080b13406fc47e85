"""The forward process: noises the user's own picture, and shows the network's prediction from any level."""
