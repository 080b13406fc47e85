"""AUTOMATIC1111's reading of a prompt step by step, written for its plainness: what ours is compared with.

It goes through a text letter by letter, multiplies weights one by one, and moves tokens one by one.
"""

from __future__ import annotations

from typing import Any

import torch

SPECIAL = "\\()[]:"


def read_weights(text: str) -> list[tuple[str, float]]:
    """Returns texts with their weights; ``("BREAK", -1.0)`` begins a new chunk."""
    pieces: list[list[Any]] = []
    round_open: list[int] = []
    square_open: list[int] = []

    def multiply(start: int, factor: float) -> None:
        for piece in pieces[start:]:
            piece[1] *= factor

    at = 0
    while at < len(text):
        letter = text[at]
        if letter == "\\":
            follows = text[at + 1 : at + 2]
            is_escape = follows != "" and follows in "()[]\\"
            pieces.append([follows if is_escape else "", 1.0])
            at += 2 if is_escape else 1
            continue
        number, behind = number_before_bracket(text, at) if letter == ":" else (None, at)
        if letter == "(":
            round_open.append(len(pieces))
        elif letter == "[":
            square_open.append(len(pieces))
        elif number is not None and round_open:
            multiply(round_open.pop(), number)
            at = behind
            continue
        elif number is not None:  # no bracket is open: it stays text, with its closing bracket
            pieces.append([text[at:behind], 1.0])
            at = behind
            continue
        elif letter == ")" and round_open:
            multiply(round_open.pop(), 1.1)
        elif letter == "]" and square_open:
            multiply(square_open.pop(), 1 / 1.1)
        elif letter in SPECIAL:
            pieces.append([letter, 1.0])
        else:
            end = at
            while end < len(text) and text[end] not in SPECIAL:
                end += 1
            pieces += around_breaks(text[at:end])
            at = end
            continue
        at += 1
    for start in round_open:
        multiply(start, 1.1)
    for start in square_open:
        multiply(start, 1 / 1.1)
    joined: list[tuple[str, float]] = []
    for words, weight in pieces or [["", 1.0]]:
        if joined and joined[-1][1] == weight:
            joined[-1] = (joined[-1][0] + words, weight)
        else:
            joined.append((words, weight))
    return joined


def number_before_bracket(text: str, colon: int) -> tuple[float | None, int]:
    """Returns the number between a colon and a closing bracket, and the place behind that bracket."""
    at = colon + 1
    while at < len(text) and text[at].isspace():
        at += 1
    start = at
    if at < len(text) and text[at] in "+-":
        at += 1
    while at < len(text) and (text[at] == "." or text[at].isdecimal()):
        at += 1
    try:
        number = float(text[start:at])
    except ValueError:
        return None, colon
    while at < len(text) and text[at].isspace():
        at += 1
    return (number, at + 1) if text[at : at + 1] == ")" else (None, colon)


def around_breaks(text: str) -> list[list[Any]]:
    found: list[list[Any]] = []
    rest = text
    while True:
        at = break_in(rest)
        if at is None:
            return [*found, [rest, 1.0]]
        found += [[rest[:at].rstrip(), 1.0], ["BREAK", -1.0]]
        rest = rest[at + 5 :].lstrip()


def break_in(text: str) -> int | None:
    for at in range(len(text) - 4):
        before, behind = text[at - 1 : at] if at else "", text[at + 5 : at + 6]
        if text[at : at + 5] == "BREAK" and not is_of_word(before) and not is_of_word(behind):
            return at
    return None


def is_of_word(letter: str) -> bool:
    return letter == "_" or letter.isalnum()


def read_chunks(text: str, tokenizer: Any, length: int) -> list[list[tuple[int, float]]]:
    """Returns tokens with their weights in chunks, without marks and padding."""
    comma = tokenizer.convert_tokens_to_ids(",</w>")
    chunks: list[list[tuple[int, float]]] = [[]]
    last_comma = None
    for words, weight in read_weights(text):
        if words == "BREAK" and weight == -1:
            chunks.append([])
            last_comma = None
            continue
        for token in tokenizer(words, add_special_tokens=False, verbose=False)["input_ids"]:
            chunk = chunks[-1]
            if token == comma:
                last_comma = len(chunk)
            elif len(chunk) == length and last_comma is not None and length - last_comma <= 20:
                chunks.append([])
                while len(chunk) > last_comma + 1:
                    chunks[-1].insert(0, chunk.pop())
                last_comma = None
            if len(chunks[-1]) == length:
                chunks.append([])
                last_comma = None
            chunks[-1].append((token, weight))
    if len(chunks) > 1 and not chunks[-1]:
        chunks.pop()
    return chunks


def read_embeddings(
    chunks: list[list[tuple[int, float]]], tokenizer: Any, encoder: Any, layer: int, is_normed: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns hidden states of all chunks (1, tokens, width), and the first chunk's output of the encoder."""
    length = encoder.config.max_position_embeddings - 2
    hidden, first = [], None
    for chunk in chunks:
        end = tokenizer.eos_token_id
        ids = [tokenizer.bos_token_id, *(token for token, _ in chunk), *[end] * (length - len(chunk)), end]
        weights = [1.0, *(weight for _, weight in chunk), *[1.0] * (length - len(chunk)), 1.0]
        if tokenizer.pad_token_id != end:
            behind = ids.index(end) + 1
            ids[behind:] = [tokenizer.pad_token_id] * len(ids[behind:])
        output = encoder(torch.tensor([ids]), output_hidden_states=True)
        first = output[0] if first is None else first
        z = output.hidden_states[-layer]
        if is_normed:
            z = encoder.final_layer_norm(z)
        mean_before = z.mean()
        z = z * torch.tensor([weights])[:, :, None]
        hidden.append(z * (mean_before / z.mean()))
    assert first is not None
    return torch.hstack(hidden), first
