"""Sentences for failed downloads: a sentence and a remedy for every fault."""

from core.downloads.failures import Failure, Fault
from core.files.sizes import size_text
from core.language.words import tr

_LATER = tr("Try again later. What was downloaded so far is kept.")


def download_text(failure: Failure) -> tuple[str, str, str]:
    """Returns title, sentence and remedy, as plain text."""
    what, host = failure.repository or tr("the model"), failure.host or tr("the hub")
    match failure.fault:
        case Fault.not_logged_in:
            return (
                tr("This model asks you to log in"),
                tr("{what} is given only to people who are logged in and have accepted its licence.", what=what),
                tr("Accept it at {page} and enter a token of your account.", page=failure.page),
            )
        case Fault.licence_not_accepted:
            return (
                tr("The licence is not accepted yet"),
                tr("Your account has not been granted access to {what}.", what=what),
                tr("Open {page}, accept the licence there, and try again.", page=failure.page),
            )
        case Fault.token_refused:
            return (
                tr("The token is not accepted"),
                tr("{host} does not know this token: it is mistyped, has expired or was withdrawn.", host=host),
                tr("Enter another token."),
            )
        case Fault.token_lacks_scope:
            return (
                tr("The token may not read this model"),
                tr("The token is valid, but lacks the right to read {what}.", what=what),
                tr("Allow it to read gated repositories, or enter a token of the kind “read”."),
            )
        case Fault.not_found:
            return (
                tr("There is no such model"),
                tr(
                    "{host} has no {file} at {what}, or keeps it private.",
                    host=host,
                    file=failure.file or "model",
                    what=what,
                ),
                tr("Check the name; for a private model enter a token of your account."),
            )
        case Fault.nothing_to_load:
            return (
                tr("This model cannot be used"),
                tr("{what} cannot be loaded here: {reason}.", what=what, reason=failure.reason),
                "",
            )
        case Fault.not_a_hub:
            return (
                tr("This is not a model hub"),
                tr("{host} did not answer like a model hub.", host=host),
                tr("Check the address of the hub in the preferences, or log in to this network in a browser."),
            )
        case Fault.too_many_requests:
            wait = tr(" It asks to wait {wait_s:.0f} seconds.", wait_s=failure.wait_s) if failure.wait_s else ""
            return (
                tr("The hub is busy"),
                tr("{host} has had too many requests from this computer.{wait}", host=host, wait=wait),
                _LATER,
            )
        case Fault.server_error:
            return (
                tr("The hub has a problem"),
                tr("{host} answered with error {status}.", host=host, status=failure.status),
                _LATER,
            )
        case Fault.refused:
            status = tr(" with error {status}", status=failure.status) if failure.status else ""
            return (
                tr("The hub refused the download"),
                tr("{host} refused to send {what}{status}.", host=host, what=what, status=status),
                "",
            )
        case Fault.range_refused:
            return (
                tr("The download cannot be continued"),
                tr("{host} does not send the rest of {file}.", host=host, file=failure.file),
                tr("Try again; this one file then begins anew."),
            )
        case Fault.stalled:
            return (
                tr("The download has stalled"),
                tr("{host} has stopped sending {file}.", host=host, file=failure.file or what),
                _LATER,
            )
        case Fault.cut_off:
            return (
                tr("The connection keeps breaking"),
                tr("The connection to {host} was cut off again and again.", host=host),
                _LATER,
            )
        case Fault.no_connection:
            return (
                tr("No connection"),
                tr("{host} cannot be reached.", host=host),
                tr("Check your internet connection. What was downloaded so far is kept."),
            )
        case Fault.proxy_refused:
            return (
                tr("The proxy does not work"),
                tr("The proxy {host} does not pass on the download.", host=host),
                tr("Check the address of the proxy."),
            )
        case Fault.not_trusted:
            return (
                tr("The connection is not secure"),
                tr("{host} cannot prove that it is the right one: its certificate is not valid here.", host=host),
                tr("Check this computer's date and time, and whether the network intercepts traffic."),
            )
        case Fault.damaged:
            return (
                tr("The file arrives damaged"),
                tr("{file} arrived twice with another content than the hub lists.", file=failure.file),
                tr("Try again later; the other files are kept."),
            )
        case Fault.disk_full:
            needed, free = size_text(failure.needed), size_text(failure.free)
            room = tr(": {needed} are needed, {free} are free", needed=needed, free=free) if failure.free else ""
            return (
                tr("Not enough room on the disk"),
                tr("There is no room for {what}{room}.", what=what, room=room),
                tr("Make room and try again."),
            )
        case Fault.cannot_write:
            return (
                tr("The file could not be written"),
                tr(
                    "The download of {what} could not be written: {reason}.",
                    what=what,
                    reason=failure.reason or tr("the disk refuses"),
                ),
                tr("Check the models folder in the preferences."),
            )
        case Fault.in_use:
            return (
                tr("This model is being downloaded already"),
                tr("Another Emulsion is downloading {what}.", what=what),
                tr("Wait until it has finished."),
            )
