from __future__ import annotations

import base64

import pytest

from app.serve.access import Access
from app.serve.door import Door
from tests.app.serve.conftest import TOKEN, Caller

LISTS = ("/v1/models", "/sdapi/v1/samplers")


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("shown", [f"Bearer {TOKEN}", f"bearer {TOKEN}", basic(f"anyone:{TOKEN}")])
def test_the_token_is_taken_in_both_forms(real_door: Door, path: str, shown: str) -> None:
    assert Caller(real_door, headers={"Authorization": shown})("GET", path).status_code == 200


@pytest.mark.parametrize("path", [*LISTS, "/v1/images/generations", "/nothing"])
@pytest.mark.parametrize(
    "shown", ["", TOKEN, "Bearer", "Bearer wrong", "Bearer \xff", f"Basic {TOKEN}", "Basic %", basic(TOKEN)]
)
def test_without_the_token_nothing_is_answered(real_door: Door, path: str, shown: str) -> None:
    headers = {"Authorization": shown.encode("latin-1").decode("latin-1")} if shown.isascii() else {}
    answer = Caller(real_door, headers=headers)("GET", path)
    assert answer.status_code == 401
    assert "Basic" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1:7860", "[::1]:7860", "127.0.0.9"])
def test_names_of_this_computer_are_answered(real_door: Door, host: str) -> None:
    assert Caller(real_door, host=host)("GET", LISTS[0]).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "192.168.1.5", "0.0.0.0", "x@localhost", "2130706433", ""]
)
def test_a_page_that_calls_itself_by_another_name_is_refused(real_door: Door, host: str) -> None:
    """DNS rebinding gives a name of an attacker the address of this computer."""
    answer = Caller(real_door)("GET", LISTS[0], headers={"Host": host})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "wrong_host"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:3000", "https://localhost"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_pages_of_other_origins_are_refused(real_door: Door, origin: str, method: str) -> None:
    answer = Caller(real_door)(method, LISTS[0], headers={"Origin": origin})
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_addresses_of_a_network_are_names_where_the_door_is_open_to_it() -> None:
    async def nothing(*_: object) -> None: ...

    def is_own(name: str, *, is_open: bool) -> bool:
        return Access(nothing, TOKEN, is_open=is_open)._is_own(name)  # pyright: ignore[reportPrivateUsage]

    assert is_own("192.168.1.5", is_open=True)
    assert not is_own("192.168.1.5", is_open=False)
    assert not is_own("evil.example", is_open=True)


def test_errors_have_the_form_of_their_dialect(real_door: Door) -> None:
    ask = Caller(real_door)
    assert ask("GET", "/nothing").json()["error"]["code"] == "not_found"
    assert ask("GET", "/v1/images/generations").status_code == 405
    told = ask("GET", "/sdapi/v1/nothing")
    assert (told.status_code, told.json()["error"]) == (404, "not_found")
    assert told.json()["detail"] == told.json()["errors"] != ""
