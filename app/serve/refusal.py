"""Refusals, in the words and the form of the dialect that the client speaks."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from app.messages.errors import message
from core.errors import (
    EmulsionError,
    FileError,
    InvalidRequest,
    ModelMissing,
    NotFound,
    SaveFailed,
    WrongAutoencoder,
    WrongFamily,
    WrongPart,
)
from core.language.words import tr

log = logging.getLogger(__name__)

AUTOMATIC = "/sdapi/"
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Emulsion", Bearer'}
_BAD_INPUTS = (InvalidRequest, NotFound, FileError, WrongAutoencoder, WrongFamily, WrongPart)


class Refusal(Exception):
    """A request is not carried out.

    Attributes:
        status: of HTTP.
        sentence: the reason, for people.
        code: as OpenAI's errors have it; "" for none.
        field: the request's field that it is about, or "".
    """

    def __init__(self, status: int, sentence: str, code: str = "", field: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.code = code
        self.field = field

    @property
    def headers(self) -> Mapping[str, str]:
        return _CHALLENGE if self.status == 401 else {"Retry-After": "5"} if self.status in (429, 503) else {}

    @property
    def content(self) -> dict[str, object]:
        """Returns it as OpenAI has it (``error.message``, ``type``, ``param``, ``code``)."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        kind = "rate_limit_error" if self.status == 429 else kind
        told = {"message": self.sentence, "type": kind, "param": self.field or None, "code": self.code or None}
        return {"error": told}

    def answer(self, path: str) -> JSONResponse:
        """Returns the answer to a request for this path."""
        if not path.startswith(AUTOMATIC):
            return JSONResponse(self.content, self.status, dict(self.headers))
        # as `handle_exception` in modules/api/api.py writes it
        told = {"error": self.code or "refused", "detail": self.sentence, "body": "", "errors": self.sentence}
        return JSONResponse(told, 422 if self.status == 400 else self.status, dict(self.headers))


def refusal_of(error: BaseException) -> Refusal:
    """Returns the refusal that stands for any error; clients are told no path, not even of the log."""
    match error:
        case Refusal():
            return error
        case HTTPException(status_code=404):
            return Refusal(404, tr("There is nothing at this address."), "not_found")
        case HTTPException(status_code=405):
            return Refusal(405, tr("This address does not take this method."), "method_not_allowed")
        case HTTPException():
            return Refusal(error.status_code, tr("The form cannot be read, or has too many parts."))
        case ModelMissing():
            return Refusal(404, str(message(error)), "model_not_found", "model")
        case SaveFailed():
            return Refusal(500, str(message(error)))
        case _ if isinstance(error, _BAD_INPUTS):
            field = error.field.replace(" ", "_") if isinstance(error, InvalidRequest) else ""
            return Refusal(400, str(message(error)), "invalid_value", field)
        case EmulsionError():
            log.info("a request failed: %s", error)
        case _:
            log.error("a request failed", exc_info=error)
    return Refusal(500, str(message(error)))


async def on_error(request: Request, error: Exception) -> JSONResponse:
    return refusal_of(error).answer(request.url.path)
