"""Reading JSON and YAML that a stranger wrote: bounded, and nothing but plain data."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from mlebench_inspect.bundles.errors import BrokenBundle

M = TypeVar("M", bound=BaseModel)
_DEEPEST = 60
_MOST_YAML = 1 << 20


def as_json(value: Any) -> bytes:
    """JSON with sorted keys, so that equal values are equal bytes."""
    return (json.dumps(value, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


def from_json(text: bytes, name: str) -> Any:
    """The value of a JSON text.

    Args:
        text: What was read, of bounded size.
        name: Of the member, for messages.

    Raises:
        BrokenBundle: It is no JSON, has a key twice, is nested too deep, or has a number that is none.
    """
    try:
        found = json.loads(text, parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_once)
    except (ValueError, RecursionError) as ex:
        raise BrokenBundle(f"{name} is no JSON as bundles have it: {_said(ex)}") from ex
    if not _is_flat(found):
        raise BrokenBundle(f"{name} is nested deeper than {_DEEPEST}")
    return found


def record(model: type[M], text: bytes, name: str) -> M:
    """A record in a member that is JSON.

    Raises:
        BrokenBundle: It is none.
    """
    try:
        return model.model_validate(from_json(text, name))
    except ValidationError as ex:
        fault = ex.errors(include_url=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise BrokenBundle(f"{name}: {place[:200]}: {fault['msg'][:200]}") from ex


def _said(ex: BaseException) -> str:
    return "it is nested too deep" if isinstance(ex, RecursionError) else str(ex)[:200]


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is too large a number")
    return number


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _is_flat(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in _within(outer)]
        if not level:
            return True
    return False


def _within(value: Any) -> Iterator[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (v for v in inner if isinstance(v, dict | list))


def from_yaml(text: bytes, name: str) -> dict[str, str]:
    """The value of a YAML text that is a flat mapping of words to texts, which may be empty.

    Raises:
        BrokenBundle: It is anything else, or has anchors, tags or a key twice.
    """
    if len(text) > _MOST_YAML:
        raise BrokenBundle(f"{name} has more than {_MOST_YAML:,} bytes")
    try:
        events = list(_scalars(text))
    except (yaml.YAMLError, UnicodeDecodeError) as ex:
        raise BrokenBundle(f"{name} is no YAML as it is asked for: {' '.join(str(ex).split())[:200]}") from ex
    keys = events[::2]
    if len(set(keys)) != len(keys):
        raise BrokenBundle(f"{name} has a key twice")
    return dict(zip(keys, events[1::2], strict=True))


def _scalars(text: bytes) -> Iterator[str]:
    """Keys and values in turn. Nothing is built of them but texts, so there is nothing that could grow."""
    allowed = [yaml.StreamStartEvent, yaml.DocumentStartEvent, yaml.MappingStartEvent]
    for number, event in enumerate(yaml.parse(text, yaml.SafeLoader)):
        if isinstance(event, yaml.MappingEndEvent | yaml.DocumentEndEvent | yaml.StreamEndEvent):
            continue
        if number < len(allowed) and type(event) is allowed[number]:
            if getattr(event, "anchor", None) or getattr(event, "tag", None):
                raise yaml.YAMLError("there is an anchor or a tag")
            continue
        if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag or number < len(allowed):
            raise yaml.YAMLError("it is no flat list of questions and answers")
        yield "" if event.style is None and event.value in ("~", "null") else event.value.strip()
