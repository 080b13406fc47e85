"""Sentences about other computers that cannot be used."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from app.messages.message import Message
from core.families import in_words
from core.language.words import mark, quoted, tr
from core.remote.away import ComputerAway, Trouble

_LONGEST = 200
_SENTENCES: Mapping[Trouble, tuple[str, str]] = MappingProxyType(
    {
        Trouble.no_ssh: (
            mark("This computer has no program “ssh”."),
            mark("Install OpenSSH; Windows has it among its optional features."),
        ),
        Trouble.unknown_host: (
            mark("No computer of the name {name} was found."),
            mark("Check the name and the network, or add the computer to your ssh configuration."),
        ),
        Trouble.refused: (
            mark("{name} accepts no ssh connection."),
            mark("Turn on its ssh server: “Remote Login” on a Mac, sshd on Linux."),
        ),
        Trouble.no_answer: (
            mark("{name} does not answer."),
            mark("Is it on, and in the same network? Try again."),
        ),
        Trouble.unknown_key: (
            mark("ssh does not know {name} yet."),
            mark("Run “ssh {name}” in a terminal once, and confirm its key."),
        ),
        Trouble.changed_key: (
            mark("The key of {name} is not the one that ssh knows."),
            mark(
                "If the computer was set up anew, run “ssh {name}” in a terminal and follow it; if not, take care."
            ),
        ),
        Trouble.no_login: (
            mark("{name} does not let ssh log in without a password."),
            mark(
                "Set up a key: run “ssh-copy-id {name}” in a terminal, and give the user with the name: user@host."
            ),
        ),
        Trouble.no_emulsion: (
            mark("Emulsion was not found on {name}."),
            mark("Install it there, or set the command that starts it there, with its full path."),
        ),
        Trouble.other_version: (
            mark("Emulsion on {name} is an older version."),
            mark("Install the same version on both computers."),
        ),
        Trouble.no_sessions: (
            mark("The system of {name} cannot keep a run when the connection is lost."),
            mark("Emulsion can be used from other computers on Linux and macOS."),
        ),
        Trouble.something_else: (
            mark("Emulsion could not be started on {name}."),
            mark("Check the command with “ssh {name}” in a terminal."),
        ),
        Trouble.no_model: (
            mark("{name} does not have what this picture needs."),
            mark(
                "Send the model there: Preferences, Computers. Put its add-ons there, too, under their names here."
            ),
        ),
        Trouble.lost: (
            mark("The connection to {name} is lost, and did not come back."),
            mark("The film is kept up to the last step that was shown. Try again to continue from there."),
        ),
        Trouble.gone: (
            mark("Emulsion on {name} has ended."),
            mark("The film is kept up to the last step that was shown. Try again to continue from there."),
        ),
    }
)
NOT_HERE = mark("The model is not on this computer, only on {computers}.")
_TELLING = (Trouble.something_else, Trouble.no_emulsion, Trouble.other_version, Trouble.no_model)


def computer_away(error: ComputerAway) -> Message:
    """Returns the message for a computer that cannot be used, with the words of ssh where they tell more."""
    sentence, advice = _SENTENCES[error.trouble]
    told = tr(sentence, name=error.name)
    if error.detail and error.trouble in _TELLING:
        told += " " + tr("It says: {words}", words=quoted(error.detail[:_LONGEST]))
    title = tr("{name} cannot be used", name=error.name)
    return Message(title, told, tr(advice, name=error.name), is_of_engine=True)


def only_there(computers: Sequence[str]) -> Message:
    """Returns the message for a model that only computers have on which no pictures are made."""
    return Message(
        tr("This model is on another computer"),
        tr(NOT_HERE, computers=in_words(computers)),
        tr("Have pictures made there as well: Preferences, Device, “Make pictures here as well”."),
    )


def with_computers(problem: Message, computers: Sequence[str]) -> Message:
    """Returns the message of a failed run, and why no other place took it where only ``computers`` could."""
    told = tr(NOT_HERE, computers=in_words(computers))
    return replace(problem, sentence=f"{problem.sentence} {told}") if computers else problem
