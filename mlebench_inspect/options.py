"""What is typed as `-T name=value` and `-S name=value`: known names, values of the right form, one line where not.

The options of a task or an agent are the parameters of its function; a parameter's type tells the form of its value.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import re
from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, Strict, TypeAdapter, ValidationError

from mlebench_inspect._inspect import prerequisite_error
from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.sandboxes.compose import size_in_bytes

Built = TypeVar("Built")


class OptionError(MlebenchError, ValueError):
    """An option is unknown, or its value has not the form it must have. One line that names both, and the mend."""


class Form(NamedTuple):
    """What the value of an option must be, in words."""

    text: str


def _size(value: str) -> str:
    if value.strip().isdigit():
        raise ValueError
    size_in_bytes(value)
    return value


def _gpu_ids(value: Any) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]
    found = [str(part).strip() for part in parts]
    if not found or not all(re.fullmatch(r"\d+|GPU-[\w-]+|MIG-[\w/-]+", i) for i in found):
        raise ValueError
    return found


Size = Annotated[str, AfterValidator(_size), Form("a number with k, m, g or t, such as 32g")]
Above0 = Annotated[float, Field(gt=0, allow_inf_nan=False), Form("a number above 0")]
Share = Annotated[float, Field(gt=0, le=0.5, allow_inf_nan=False), Form("a share above 0 and at most 0.5, such as 0.1")]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False), Form("a number of seconds above 0")]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), Form("a number from 0 to 1")]
AtLeast0 = Annotated[int, Field(ge=0), Form("a whole number of at least 0")]
AtLeast1 = Annotated[int, Field(ge=1), Form("a whole number of at least 1")]
AtLeast2 = Annotated[int, Field(ge=2), Form("a whole number of at least 2")]
Bytes = Annotated[int, Field(ge=0), Form("a whole number of bytes")]
Gpus = Annotated[Annotated[int, Field(ge=0)] | Literal["all"], Form("a whole number, or all")]
GpuIds = Annotated[
    list[str], BeforeValidator(_gpu_ids), Form("numbers or UUIDs of GPUs with commas between, such as 0,1 or MIG-...")
]
Settings = Annotated[dict[str, Any], Form("a mapping, such as '{pids_limit: 64}'")]
Config = Annotated[Annotated[str, Strict()] | dict[str, Any], Form("a file, or a mapping")]
Ids = Annotated[str | list[str], Form("ids with commas between")]

_FORMS: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
}


def form_of(hint: Any) -> str:
    """What a value of this type must be, in words."""
    if get_origin(hint) is Annotated:
        told = [m.text for m in get_args(hint)[1:] if isinstance(m, Form)]
        return told[0] if told else form_of(get_args(hint)[0])
    if get_origin(hint) is Literal:
        return f"one of {', '.join(map(str, get_args(hint)))}"
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(form_of(h) for h in get_args(hint) if h is not NoneType)
    return _FORMS.get(hint, str(hint))


def checked(
    flag: str, hints: Mapping[str, Any], given: Mapping[str, Any], elsewhere: Mapping[str, str]
) -> dict[str, Any]:
    """The given options with values of the types that they are declared with.

    Args:
        flag: `-T` or `-S`, for messages.
        hints: Type of each option.
        given: As they were typed and read as YAML.
        elsewhere: What is said of names that mean something in other packages.

    Raises:
        OptionError: There is no such option, or its value is of another form.
    """
    for name in given:
        if name not in hints:
            raise OptionError(_unknown(flag, name, hints, elsewhere))
    return {name: _value(flag, name, hints[name], value) for name, value in given.items()}


def _unknown(flag: str, name: str, hints: Mapping[str, Any], elsewhere: Mapping[str, str]) -> str:
    if name in elsewhere:
        return f"there is no option {flag} {name} here; {elsewhere[name]}"
    near = difflib.get_close_matches(name, hints, 1, 0.6)
    there = f"there are {', '.join(hints)}" if hints else "there is none at all"
    meant = f"did you mean {near[0]}?" if near else there
    return f"there is no option {flag} {name}; {meant}"


def _value(flag: str, name: str, hint: Any, value: Any) -> Any:
    adapter: TypeAdapter[Any] = TypeAdapter(hint, config=ConfigDict(coerce_numbers_to_str=True))
    for read in (value, *_as_number(value)):
        with contextlib.suppress(ValidationError):
            return adapter.validate_python(read)
    shown = _TYPED.get(str(value), str(value))
    shown = shown if len(shown) <= 60 else f"{shown[:60]}..."
    raise OptionError(f"{flag} {name}={shown} must be {form_of(hint)}")


_TYPED = {"None": "null", "True": "true", "False": "false"}
"""As YAML has it."""


def _as_number(value: Any) -> list[float]:
    """`1e9`, which YAML 1.1 takes for a text."""
    return [float(value)] if isinstance(value, str) and re.fullmatch(r"\d+(\.\d*)?[eE]\+?\d{1,2}", value) else []


def with_options(
    build: Callable[..., Built], flag: str, elsewhere: Mapping[str, str] | None = None
) -> Callable[..., Built]:
    """Has the named arguments of a function checked before it is called.

    Any name is taken, since Inspect drops those that a function does not have with no more than a warning.

    Args:
        build: The function; the types of its parameters tell the forms of the options.
        flag: `-T` or `-S`.
        elsewhere: What is said of names that mean something in other packages.

    Returns:
        A function that raises what Inspect prints in one line.
    """
    known = signature(build)
    hints = get_type_hints(build, include_extras=True)

    @functools.wraps(build)
    def call(**given: Any) -> Built:
        try:
            return build(**checked(flag, {name: hints[name] for name in known.parameters}, given, elsewhere or {}))
        except OptionError as ex:
            raise prerequisite_error(str(ex)) from None

    call.__annotations__ = hints  # evaluated, since their names are not known in this module
    call.__signature__ = known.replace(  # type: ignore[attr-defined]
        parameters=[
            *(p.replace(kind=Parameter.KEYWORD_ONLY) for p in known.parameters.values()),
            Parameter("misspelt", Parameter.VAR_KEYWORD),
        ]
    )
    return call


def agent_options(build: Callable[..., Built]) -> Callable[..., Built]:
    """Has the options of an agent (`-S`) checked; stands below `@agent` or `@solver`."""
    return with_options(build, "-S")
