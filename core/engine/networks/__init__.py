"""Calls of networks and autoencoders that several families share."""
