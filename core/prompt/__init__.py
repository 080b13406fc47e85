"""The words and tokens of prompts."""
