"""A model arrives whole and unchanged, from where it stopped, whatever the hub and the network do."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from app.messages.errors import message
from core.downloads.events import Checking, Completed, Damaged, Downloading, Listed, Waiting
from core.downloads.failures import DownloadFailed, Fault
from core.downloads.json_lines import from_line, to_line
from core.downloads.record import read_record
from core.downloads.verify import Verified, verify
from tests.core.downloads.conftest import NAME, WEIGHTS, Fetch
from tests.hub_server import HubServer, Repository, Trouble

SIZE = 300_000


def weights_are_right(server: HubServer, folder: Path) -> bool:
    found = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    return found == server.repositories[NAME].files[WEIGHTS].sha256()


def test_only_what_is_needed_arrives(server: HubServer, fetch: Fetch, tmp_path: Path) -> None:
    events = fetch()
    assert isinstance(events[0], Listed)
    assert isinstance(events[-1], Completed)
    present = {str(path.relative_to(tmp_path / "small")) for path in (tmp_path / "small").rglob("*.*")}
    assert present == {"model_index.json", "unet/config.json", WEIGHTS, "emulsion-download.json"}
    assert weights_are_right(server, tmp_path / "small")
    assert [type(from_line(to_line(event))) for event in events] == [type(event) for event in events]


def test_a_cut_connection_goes_on_where_it_was(server: HubServer, fetch: Fetch, tmp_path: Path) -> None:
    server.troubles = [Trouble(kind="cut", after=100_000), Trouble(kind="cut", after=50_000)]
    events = fetch()
    assert [event.failure.fault for event in events if isinstance(event, Waiting)] == [Fault.cut_off] * 2
    assert [one.offset for one in server.content_requests(WEIGHTS + "?signature=of-the-address")] == [
        0,
        100_000,
        150_000,
    ]
    assert weights_are_right(server, tmp_path / "small")


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(status=503),
        Trouble(status=429, headers={"Retry-After": "0"}),
        Trouble(status=416),
        Trouble(kind="stall", after=70_000),
        Trouble(kind="flip", after=70_000),
    ],
)
def test_a_fault_that_passes_is_overcome(
    server: HubServer, fetch: Fetch, tmp_path: Path, trouble: Trouble
) -> None:
    server.troubles = [trouble]
    events = fetch()
    assert any(isinstance(event, Waiting | Damaged) for event in events)
    assert weights_are_right(server, tmp_path / "small")


@pytest.mark.parametrize(
    ("trouble", "fault"),
    [
        (Trouble(times=99, status=503), Fault.server_error),
        (Trouble(times=99, status=429, headers={"Retry-After": "5000"}), Fault.too_many_requests),
        (Trouble(times=99, status=404), Fault.not_found),
        (Trouble(times=99, status=416), Fault.range_refused),
        (Trouble(times=99, status=418), Fault.refused),
        (Trouble(times=99, kind="stall"), Fault.stalled),
        (Trouble(times=99, kind="cut"), Fault.cut_off),
        (Trouble(times=99, kind="flip", after=5), Fault.damaged),
    ],
)
def test_a_lasting_fault_has_its_own_name_and_sentence(
    server: HubServer, fetch: Fetch, trouble: Trouble, fault: Fault
) -> None:
    server.troubles = [trouble]
    with pytest.raises(DownloadFailed) as caught:
        fetch(attempts=2, stall_s=0.2)
    assert caught.value.failure.fault is fault
    again = from_line(to_line(caught.value))
    assert isinstance(again, DownloadFailed)
    assert again.failure == caught.value.failure
    assert message(again).title


@pytest.mark.parametrize(
    ("token", "fault"),
    [
        ("", Fault.not_logged_in),
        ("unknown-token", Fault.token_refused),
        ("unlicensed-token", Fault.licence_not_accepted),
        ("narrow-token", Fault.token_lacks_scope),
    ],
)
def test_refused_access_is_told_apart(server: HubServer, fetch: Fetch, token: str, fault: Fault) -> None:
    server.repositories[NAME] = Repository(server.repositories[NAME].files, is_gated=True)
    server.tokens = {"unlicensed-token": "unlicensed", "narrow-token": "narrow"}
    with pytest.raises(DownloadFailed) as caught:
        fetch(token)
    assert caught.value.failure.fault is fault
    assert caught.value.failure.page == f"{server.endpoint}/{NAME}"
    assert token not in f"{caught.value!r} {caught.value.failure}" or not token


def test_the_token_is_shown_to_the_hub_and_to_no_one_else(server: HubServer, fetch: Fetch) -> None:
    server.repositories[NAME] = Repository(server.repositories[NAME].files, is_gated=True)
    server.tokens = {"good-token": "good"}
    assert isinstance(fetch("good-token")[-1], Completed)
    shown = {one.server for one in server.asked if "authorization" in one.headers}
    assert shown == {"hub"}
    assert all("good-token" not in one.path for one in server.asked)


def test_a_public_model_is_had_without_a_token_that_is_refused(server: HubServer, fetch: Fetch) -> None:
    assert isinstance(fetch("unknown-token")[-1], Completed)


def test_a_full_disk_is_told_before_the_start(server: HubServer, fetch: Fetch, tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed) as caught:
        fetch(free=1000)
    failure = caught.value.failure
    assert (failure.fault, failure.free) == (Fault.disk_full, 1000)
    assert failure.needed > SIZE
    assert not server.content_requests(WEIGHTS)
    assert not (tmp_path / "small" / WEIGHTS).exists()


def test_content_servers_may_rename_what_stays_the_same(server: HubServer, fetch: Fetch, tmp_path: Path) -> None:
    server.troubles = [Trouble(kind="cut", after=100_000, times=1)]
    with pytest.raises(DownloadFailed):
        fetch(attempts=1)
    server.etag_salt = "another server"
    fetch()
    assert [one.offset for one in server.asked if one.server == "content"][-1] == 100_000
    assert weights_are_right(server, tmp_path / "small")


def test_a_server_that_knows_no_ranges_sends_all_again(server: HubServer, fetch: Fetch, tmp_path: Path) -> None:
    server.troubles = [Trouble(kind="cut", after=100_000), Trouble(kind="whole")]
    fetch()
    assert weights_are_right(server, tmp_path / "small")


def test_a_damaged_file_is_found_and_only_it_is_fetched_again(
    server: HubServer, fetch: Fetch, tmp_path: Path
) -> None:
    fetch()
    folder = tmp_path / "small"
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[1234] ^= 1
    (folder / WEIGHTS).write_bytes(content)
    record = read_record(folder)
    assert record is not None
    found = [event for event in verify(record, folder) if isinstance(event, Verified) and event.problem]
    assert [one.file for one in found] == [WEIGHTS]
    server.asked.clear()
    events = fetch()
    assert Damaged(WEIGHTS) in events
    assert any(isinstance(event, Checking) for event in events)
    fetched = {one.path.partition("?")[0] for one in server.asked if one.headers.get("range") != "bytes=0-0"}
    assert {path for path in fetched if "/api/" not in path} == {
        f"/{NAME}/{WEIGHTS}",
        f"/{NAME}/resolve/{record.commit}/{WEIGHTS}",
    }
    assert weights_are_right(server, folder)


def test_listings_of_many_pages_are_read_to_the_end(server: HubServer, fetch: Fetch) -> None:
    server.page_size = 2
    assert isinstance(fetch()[-1], Completed)


@pytest.mark.parametrize("answer", [(200, b"<html>Please log in</html>"), (200, b"[]"), (200, b'{"sha": 1}')])
def test_what_is_no_hub_is_named(server: HubServer, fetch: Fetch, answer: tuple[int, bytes]) -> None:
    server.listing_fault = answer
    with pytest.raises(DownloadFailed) as caught:
        fetch()
    assert caught.value.failure.fault is Fault.not_a_hub


def test_a_hub_that_is_away_and_a_proxy_that_is_none_are_named(server: HubServer, fetch: Fetch) -> None:
    with pytest.raises(DownloadFailed) as caught:
        fetch(proxy="http://127.0.0.1:9")
    assert caught.value.failure.fault in (Fault.proxy_refused, Fault.no_connection)


def test_a_proxy_is_used(server: HubServer, fetch: Fetch) -> None:
    fetch(proxy=server.endpoint)
    assert {one.server for one in server.asked} == {"hub"}
    assert all(one.path.startswith("http://") for one in server.asked)


def test_progress_ends_with_everything(fetch: Fetch) -> None:
    told = [event for event in fetch() if isinstance(event, Downloading)]
    assert told[-1].done == told[-1].total
    assert sorted(event.done for event in told) == [event.done for event in told]
