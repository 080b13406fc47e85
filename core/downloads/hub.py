"""Sends requests to a hub: protects the token, follows redirects, and interprets the answers.

The protocol is that of the Hugging Face Hub; the meaning of its answers is as in ``huggingface_hub``
(``utils/_http.py``, ``hf_raise_for_status``).
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx2

from core.downloads.failures import DownloadFailed, Failure, Fault
from core.language.words import tr
from core.version import VERSION

DEFAULT_ENDPOINT = "https://huggingface.co"
MOST_REDIRECTS = 5
LARGEST_LISTING = 32 * 2**20
_REDIRECTS = (301, 302, 303, 307, 308)
_UNSIGNED = re.compile(r"[?#].*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class HubAddress:
    """The address of the hub and the way to it.

    Attributes:
        endpoint: without a slash at the end.
        proxy: ``"http://host:port"``, or "" for that of the environment.
        connect_s, stall_s: the longest wait for a connection, and for the next bytes.
    """

    endpoint: str = DEFAULT_ENDPOINT
    proxy: str = ""
    connect_s: float = 20.0
    stall_s: float = 45.0

    def page(self, repository: str) -> str:
        """Returns the address of the model's page for people."""
        return f"{self.endpoint}/{repository}"


@dataclass(frozen=True, slots=True)
class Secret:
    """A token that does not show itself when printed or logged."""

    value: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.value)


class Hub:
    """One connection to a hub, as a context manager.

    If a token is refused and the repository can be had without it, later requests leave the token out.
    """

    def __init__(self, address: HubAddress, token: Secret | None = None) -> None:
        """Raises DownloadFailed for an endpoint or a proxy that is no address."""
        self.address = address
        self._token = token or Secret()
        try:
            self._endpoint = _web_address(address.endpoint)
            self._client = httpx2.Client(
                headers={"User-Agent": f"emulsion/{VERSION}", "Accept-Encoding": "identity"},
                proxy=address.proxy or None,
                timeout=httpx2.Timeout(address.stall_s, connect=address.connect_s),
                follow_redirects=False,
            )
        except (httpx2.InvalidURL, ValueError, ImportError) as error:
            fault = Fault.proxy_refused if address.proxy else Fault.not_a_hub
            raise DownloadFailed(Failure(fault, "", host=address.proxy or address.endpoint)) from error

    def __enter__(self) -> Hub:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._client.close()

    def ask(self, repository: str, path: str) -> tuple[Any, str]:
        """Returns JSON from ``/api/models/{repository}/{path}``, and the path of the next page or "".

        Raises DownloadFailed.
        """
        target = f"{self.address.endpoint}/api/models/{quote(repository)}/{path}"
        with self._answer(target, repository, "", {}) as answer:
            try:
                content = self._read(answer)
                value = httpx2.Response(200, content=content).json()
            except ValueError as error:
                raise DownloadFailed(self._failure(Fault.not_a_hub, answer, repository, "")) from error
            following = answer.links.get("next", {}).get("url", "")
            _, separator, rest = following.partition(f"/api/models/{quote(repository)}/")
            return value, rest if separator else ""

    @contextmanager
    def open(
        self, repository: str, revision: str, file: str, headers: Mapping[str, str]
    ) -> Generator[httpx2.Response]:
        """Opens a file's content: status 200, 206 or 416. Raises DownloadFailed, also while it is read."""
        target = f"{self.address.endpoint}/{quote(repository)}/resolve/{quote(revision, safe='')}/{quote(file)}"
        with self._answer(target, repository, file, headers) as answer:
            yield answer

    def _read(self, answer: httpx2.Response) -> bytes:
        content = bytearray()
        for part in answer.iter_raw():
            content += part
            if len(content) > LARGEST_LISTING:
                raise ValueError(tr("the answer does not end"))
        return bytes(content)

    @contextmanager
    def _answer(
        self, target: str, repository: str, file: str, headers: Mapping[str, str]
    ) -> Generator[httpx2.Response]:
        """Opens an answer of 200, 206 or 416; tries again without the token if the token is refused."""
        host = self._endpoint.host
        try:
            with self._follow(target, headers, self._token) as answer:
                if answer.status_code in (200, 206, 416):
                    yield answer
                    return
                failure = self._meaning(answer, repository, file, has_token=bool(self._token))
            if self._token and failure.status in (401, 403):
                with self._follow(target, headers, Secret()) as answer:
                    if answer.status_code in (200, 206, 416):
                        self._token = Secret()
                        yield answer
                        return
            raise DownloadFailed(failure)
        except httpx2.HTTPError as error:
            fault, reason = _fault_of(error)
            if fault is Fault.proxy_refused:
                # without the name and password that the address may contain
                host = httpx2.URL(self.address.proxy).host or host
            raise DownloadFailed(
                Failure(fault, repository, file, host, page=self.address.page(repository), reason=reason)
            ) from error

    @contextmanager
    def _follow(self, target: str, headers: Mapping[str, str], token: Secret) -> Generator[httpx2.Response]:
        """Follows redirects itself: the token goes to the endpoint's own scheme, host and port, nowhere else."""
        url = httpx2.URL(target)
        for _ in range(MOST_REDIRECTS):
            secret = {"Authorization": f"Bearer {token.value}"} if token and self._is_endpoint(url) else {}
            with self._client.stream("GET", url, headers={**headers, **secret}) as answer:
                location = answer.headers.get("Location")
                if answer.status_code not in _REDIRECTS or not location:
                    yield answer
                    return
            following = url.join(location)
            if following.scheme not in ("http", "https") or (url.scheme == "https" != following.scheme):
                raise httpx2.UnsupportedProtocol(tr("a redirect leads away from https"))
            url = following
        raise httpx2.TooManyRedirects(tr("the redirects do not end"))

    def _is_endpoint(self, url: httpx2.URL) -> bool:
        own = self._endpoint
        return (url.scheme, url.host, url.port) == (own.scheme, own.host, own.port)

    def _meaning(self, answer: httpx2.Response, repository: str, file: str, *, has_token: bool) -> Failure:
        code, said = answer.headers.get("X-Error-Code", ""), answer.headers.get("X-Error-Message", "")
        match answer.status_code:
            case 401 if has_token:
                fault = Fault.token_refused
            case 401 if code in ("RepoNotFound", "RepositoryNotFound"):
                fault = Fault.not_found
            case 401:
                fault = Fault.not_logged_in
            case 403 if "fine-grained" in said or "permission" in said or (has_token and code != "GatedRepo"):
                fault = Fault.token_lacks_scope
            case 403 if has_token:
                fault = Fault.licence_not_accepted
            case 403:
                fault = Fault.not_logged_in if code == "GatedRepo" else Fault.refused
            case 404 | 410:
                fault = Fault.not_found
            case 429:
                fault = Fault.too_many_requests
            case status if status >= 500 or status in (408, 425):
                fault = Fault.server_error
            case _:
                fault = Fault.refused
        return self._failure(fault, answer, repository, file)

    def _failure(self, fault: Fault, answer: httpx2.Response, repository: str, file: str) -> Failure:
        return Failure(
            fault,
            repository,
            file,
            answer.url.host,
            answer.status_code,
            _wait_of(answer.headers),
            page=self.address.page(repository),
        )


def _web_address(text: str) -> httpx2.URL:
    url = httpx2.URL(text)
    if url.scheme not in ("http", "https") or not url.host:
        raise httpx2.InvalidURL(f"{text} is no http address")
    return url


def _wait_of(headers: Mapping[str, str]) -> float:
    """Returns the seconds of a ``Retry-After`` with a number (RFC 9110, 10.2.3), or 0."""
    said = headers.get("Retry-After", "")
    return float(said) if re.fullmatch(r"\d{1,6}", said) else 0.0


def _fault_of(error: httpx2.HTTPError) -> tuple[Fault, str]:
    reason = _UNSIGNED.sub("", str(error))[:120]
    match error:
        case httpx2.ProxyError():
            return Fault.proxy_refused, reason
        case httpx2.ConnectTimeout() | httpx2.PoolTimeout():
            return Fault.no_connection, tr("no answer")
        case httpx2.TimeoutException():
            return Fault.stalled, ""
        case httpx2.ConnectError():
            return (Fault.not_trusted if _is_about_trust(error) else Fault.no_connection), reason
        case httpx2.NetworkError() | httpx2.RemoteProtocolError():
            return Fault.cut_off, reason
        case _:
            return Fault.refused, reason


def _is_about_trust(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
