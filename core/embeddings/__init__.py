"""Textual inversion embeddings: vectors that stand for words in a prompt."""
