"""The sentences about a file of weights: what it is, what it was made for, and why it cannot be used."""

from core.families import in_words
from core.language.words import tr
from core.models.identity import Identity


def identity_text(facts: Identity) -> str:
    """Returns one to four sentences; the last is the reason why the file cannot be used as it is."""
    named = ", ".join(filter(None, (facts.name or tr("not known"), facts.variant, facts.packing)))
    told = [tr("{file} is {named}.", file=facts.path.name, named=named)]
    if facts.made_for:
        told.append(tr("It is for {made_for}.", made_for=facts.made_for))
    if facts.parts:
        told.append(tr("It brings {parts}.", parts=in_words(facts.parts)))
    if facts.undecided:
        told.append(tr("Its weights do not show whether it is {variants}.", variants=" / ".join(facts.undecided)))
    if facts.problem:
        told.append(tr("It cannot be used: {problem}.", problem=facts.problem))
    return " ".join(told)
