"""Sentences for failed downloads: a sentence and a remedy for every fault."""

from core.downloads.failures import Failure, Fault
from core.files.sizes import size_text

_LATER = "Try again later; what has arrived is kept and used."


def download_text(failure: Failure) -> tuple[str, str, str]:
    """Returns title, sentence and remedy, as plain text."""
    what, host = failure.repository or "the model", failure.host or "the hub"
    match failure.fault:
        case Fault.not_logged_in:
            return (
                "This model asks you to log in",
                f"{what} is given only to people who are logged in and have accepted its licence.",
                f"Accept it at {failure.page} and enter a token of your account.",
            )
        case Fault.licence_not_accepted:
            return (
                "The licence is not accepted yet",
                f"Your account has not been granted access to {what}.",
                f"Open {failure.page}, accept the licence there, and try again.",
            )
        case Fault.token_refused:
            return (
                "The token is not accepted",
                f"{host} does not know this token: it is mistyped, has expired or was withdrawn.",
                "Enter another token.",
            )
        case Fault.token_lacks_scope:
            return (
                "The token may not read this model",
                f"The token is valid, but lacks the right to read {what}.",
                "Allow it to read gated repositories, or enter a token of the kind “read”.",
            )
        case Fault.not_found:
            return (
                "There is no such model",
                f"{host} has no {failure.file or 'model'} at {what}, or keeps it private.",
                "Check the name; for a private model enter a token of your account.",
            )
        case Fault.nothing_to_load:
            return ("This model cannot be used", f"{what} cannot be loaded here: {failure.reason}.", "")
        case Fault.not_a_hub:
            return (
                "This is not the answer of a hub",
                f"{host} answered with something else than a model hub does.",
                "Check the address of the hub in the preferences, or log in to this network in a browser.",
            )
        case Fault.too_many_requests:
            wait = f" It asks to wait {failure.wait_s:.0f} seconds." if failure.wait_s else ""
            return ("The hub asks to wait", f"{host} has had too many requests from here.{wait}", _LATER)
        case Fault.server_error:
            return ("The hub has a problem", f"{host} answered with error {failure.status}.", _LATER)
        case Fault.refused:
            status = f" with error {failure.status}" if failure.status else ""
            return ("The hub refuses", f"{host} refused to send {what}{status}.", "")
        case Fault.range_refused:
            return (
                "The download cannot be continued",
                f"{host} does not send the rest of {failure.file}.",
                "Try again; this one file then begins anew.",
            )
        case Fault.stalled:
            return ("Nothing arrives any more", f"{host} has stopped sending {failure.file or what}.", _LATER)
        case Fault.cut_off:
            return ("The connection breaks off", f"The connection to {host} was cut off again and again.", _LATER)
        case Fault.no_connection:
            return (
                "No connection",
                f"{host} cannot be reached.",
                "Check the connection to the internet; what has arrived is kept and used.",
            )
        case Fault.proxy_refused:
            return (
                "The proxy does not work",
                f"The proxy {host} does not pass on the download.",
                "Check the address of the proxy.",
            )
        case Fault.not_trusted:
            return (
                "The connection is not secure",
                f"{host} cannot prove that it is the right one: its certificate is not valid here.",
                "Check date and time of this computer, and whether something reads along on this network.",
            )
        case Fault.damaged:
            return (
                "The file arrives damaged",
                f"{failure.file} arrived twice with another content than the hub lists.",
                "Try again later; the other files are kept.",
            )
        case Fault.disk_full:
            needed, free = size_text(failure.needed), size_text(failure.free)
            room = f": {needed} are needed, {free} are free" if failure.free else ""
            return (
                "Not enough room on the disk",
                f"There is no room for {what}{room}.",
                "Make room and try again.",
            )
        case Fault.cannot_write:
            return (
                "The file could not be written",
                f"The download of {what} could not be written: {failure.reason or 'the disk refuses'}.",
                "Check the models folder in the preferences.",
            )
        case Fault.in_use:
            return (
                "This model is being downloaded already",
                f"Another Emulsion is downloading {what}.",
                "Wait until it has finished.",
            )
