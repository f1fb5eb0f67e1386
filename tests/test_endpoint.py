"""How the host looks after the submission check, whatever the sandbox answers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from inspect_ai.log import transcript

from mlebench_inspect.run import endpoint
from mlebench_inspect.run.endpoint import EndpointError, _Desk
from mlebench_inspect.run.validation import OUT_OF_ORDER
from scripted import Scripted, done

NAME = "0" * 32


def delivered(place: Scripted) -> list[tuple[str, str]]:
    """Names and answers that were laid down for the server."""
    return [(cmd[-1], json.loads(given)) for cmd, given in place.asked if endpoint._ANSWER in cmd]


def desk(place: Any, answer: Callable[[str], Awaitable[str]], over: Callable[[], bool] | None = None) -> _Desk:
    return _Desk(place, "root", 100, {"validate": answer}, over or (lambda: not place.left))


@pytest.fixture
def told() -> Callable[[], list[str]]:
    """What was noted since the test began."""
    before = len(transcript().events)
    return lambda: [str(e.data) for e in transcript().events[before:] if e.event == "info"]


@pytest.mark.anyio
async def test_an_answer_that_is_not_delivered_is_not_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, told: Callable[[], list[str]]
) -> None:
    monkeypatch.setattr(endpoint, "_SOON", 0.01)
    asked: list[str] = []

    async def validate(uploaded: str) -> str:
        asked.append(uploaded)
        return "valid"

    request = done(f"validate {NAME}\n")
    place = Scripted([request, done(code=1, stderr="full"), request, RuntimeError("gone"), request, done()])
    await desk(place, validate).attend(60)
    assert asked == [f"/var/tmp/mlebench-endpoint/uploads/{NAME}"]
    assert delivered(place) == [(NAME, "valid")] * 3
    assert [t for t in told() if "could not be looked after" in t] == [
        "The submission check could not be looked after: full"
    ]


@pytest.mark.anyio
async def test_a_check_that_fails_and_a_kind_that_nobody_knows_are_out_of_order(told: Callable[[], list[str]]) -> None:
    async def validate(uploaded: str) -> str:
        raise RuntimeError("a fault of ours")

    place = Scripted([done(f"validate {NAME}\nscore {NAME[:-1]}1\n"), done(), done()])
    await desk(place, validate).attend(60)
    assert delivered(place) == [(NAME, OUT_OF_ORDER), (f"{NAME[:-1]}1", OUT_OF_ORDER)]
    assert told() == ["The submission check failed: a fault of ours"]


@pytest.mark.anyio
async def test_names_that_the_server_does_not_give_are_passed_over() -> None:
    async def validate(uploaded: str) -> str:
        raise AssertionError(uploaded)

    place = Scripted([done(f"validate ../../etc/shadow\nvalidate {NAME}x\nvalidate {NAME.upper()[:-1]}A\n\n")])
    await desk(place, validate).attend(60)
    assert delivered(place) == []


@pytest.mark.anyio
async def test_nothing_is_checked_once_the_agent_is_done() -> None:
    async def validate(uploaded: str) -> str:
        raise AssertionError(uploaded)

    place = Scripted([done(f"validate {NAME}\n")])
    looks = iter([False, True, True])
    await desk(place, validate, lambda: next(looks)).attend(60)
    assert delivered(place) == []


@pytest.mark.anyio
async def test_a_server_that_does_not_start_is_named_with_what_it_says() -> None:
    async def validate(uploaded: str) -> str:
        return ""

    place: Any = Scripted([done(code=6, stderr="OSError: port 5000 is taken")])
    with pytest.raises(EndpointError, match="does not start: OSError: port 5000 is taken"):
        await endpoint._start(place, "root", 1, first=True)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([done("0\n"), done(code=1, stderr="read-only")], "No room could be made for the service bridge: read-only"),
        ([RuntimeError("gone")], "No room could be made for the service bridge: gone"),
        ([done("0\n"), done()], None),
    ],
)
async def test_room_for_a_service_that_cannot_be_made_is_noted(
    monkeypatch: pytest.MonkeyPatch, told: Callable[[], list[str]], answers: list[Any], words: str | None
) -> None:
    given: list[Any] = []
    monkeypatch.setattr(endpoint, "before_each_service", given.append)
    place = Scripted(answers)

    class Box:
        root = "root"

        def commands(self, handle: str) -> Scripted:
            return place

    box: Any = Box()
    endpoint.keep_room_for_services(box, "x")
    (make_room,) = given
    await make_room("bridge", None)
    assert told() == ([words] if words else [])
    assert place.left == []
