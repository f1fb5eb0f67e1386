"""What single models need that Inspect does not do for them."""

from __future__ import annotations

import re

from inspect_ai.model import Model

from mlebench_inspect._inspect import mend_answers

_PLAIN_CHAT = re.compile(r"(^|[/.:])o1-(preview|mini)\b")


def takes_plain_chat_only(model: Model) -> bool:
    """Whether the model is known to refuse tools and system messages."""
    return bool(_PLAIN_CHAT.search(str(model)))


def prepare_model(model: Model) -> None:
    """Makes a model fit for a run; called before each of its calls, whoever makes it.

    Its answers hold whole characters only, since half of one (a lone surrogate) loses the log, and it is asked again
    where an answer cannot be read.
    One that takes plain chat alone is spoken to by the chat API, unless the user chose (`-M responses_api=`).
    """
    mend_answers(model)
    if takes_plain_chat_only(model) and getattr(model.api, "responses_api", False):
        model.api.responses_api = "responses_api" in model.model_args  # type: ignore[attr-defined]
