"""Tests of the chat without a server: `python -m pytest`."""

import asyncio
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

sys.path.insert(0, str(Path(__file__).parent.parent))

from main import app, server_sent  # noqa: E402
from room import BACKLOG, HISTORY, Room, TooSlow  # noqa: E402


@pytest.fixture
def client():
    """A client of a server with an empty room."""
    with TestClient(app) as client:
        yield client


def enter(client, name):
    return client.websocket_connect(f"/ws?name={name}")


def test_the_page_and_its_files(client):
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for file in ["page/chat.js", "page/chat.css"]:
        assert file in page.text
        assert client.get(file).status_code == 200


def test_everybody_hears_everybody(client):
    with enter(client, "ann") as ann:
        welcome = ann.receive_json()
        assert (welcome["here"], welcome["messages"]) == (["ann"], [])
        with enter(client, "bob") as bob:
            assert bob.receive_json()["here"] == ["ann", "bob"]
            assert ann.receive_json() == {"type": "joined", "name": "bob", "here": ["ann", "bob"]}
            bob.send_json({"text": " hello "})
            for one in [ann, bob]:
                message = one.receive_json()
                assert (message["name"], message["text"], message["id"]) == ("bob", "hello", 1)
        assert ann.receive_json() == {"type": "left", "name": "bob", "here": ["ann"]}


def test_two_windows_are_one_person(client):
    with enter(client, "ann") as first:
        first.receive_json()
        with enter(client, "ann") as second:
            assert second.receive_json()["here"] == ["ann"]
        with enter(client, "bob"):
            assert first.receive_json()["name"] == "bob"


def test_newcomers_see_what_was_said(client):
    with enter(client, "ann") as ann:
        ann.receive_json()
        ann.send_json({"text": "first"})
        ann.receive_json()
    with enter(client, "bob") as bob:
        assert [message["text"] for message in bob.receive_json()["messages"]] == ["first"]


@pytest.mark.parametrize("name", ["", "%20", "x" * 31])
def test_nobody_comes_in_without_a_proper_name(client, name):
    with pytest.raises(WebSocketDisconnect), enter(client, name):
        pass
    assert client.get("/health").json()["here"] == []


@pytest.mark.parametrize("line", ["", "no json", "{}", '{"text": "  "}', '{"text": 7}'])
def test_a_bad_line_is_refused_and_the_window_stays(client, line):
    with enter(client, "ann") as ann:
        ann.receive_json()
        ann.send_text(line)
        assert ann.receive_json()["type"] == "error"
        ann.send_json({"text": "good"})
        assert ann.receive_json()["text"] == "good"


def test_bytes_are_no_text(client):
    with enter(client, "ann") as ann:
        ann.receive_json()
        ann.send_bytes(b"\0")
        with pytest.raises(WebSocketDisconnect) as ended:
            ann.receive_json()
        assert ended.value.code == 1003


def test_the_api_reads_and_writes(client):
    with enter(client, "ann") as ann:
        ann.receive_json()
        made = client.post("/api/messages", json={"name": "script", "text": "done"})
        assert made.status_code == 201
        assert ann.receive_json()["name"] == "script"
    assert client.get("/api/messages").json() == [made.json()]
    assert client.get("/api/messages?after=1").json() == []
    assert client.post("/api/messages", json={"name": "script", "text": ""}).status_code == 422


def test_the_room_forgets():
    room = Room()
    for number in range(HISTORY + 5):
        room.say("ann", str(number))
    assert [message["text"] for message in room.messages()][:1] == ["5"]
    assert [message["id"] for message in room.messages(after=HISTORY + 3)] == [104, 105]


def test_who_does_not_read_is_dropped():
    async def fall_behind():
        room = Room()
        with room.listen() as listener:
            for number in range(BACKLOG + 10):
                room.say("ann", str(number))
            for _ in range(BACKLOG):
                await listener.next()
            with pytest.raises(TooSlow):
                await listener.next()

    asyncio.run(fall_behind())


# Not through the client: it waits for the end of a response, and this one has none.
def test_the_event_stream_resumes_and_follows():
    async def follow():
        room = Room()
        room.say("ann", "seen")
        room.say("ann", "missed")
        stream = server_sent(room, after=1)
        first = await anext(stream)
        assert first.startswith("id: 2\nevent: message\ndata: {") and "missed" in first
        room.say("ann", "new")
        assert "new" in await anext(stream)
        await stream.aclose()
        assert not room._listeners

    asyncio.run(follow())
