"""Four models behind the chat API, whichever scaffold asks.

A good one, one that misbehaves now and then, one that waits for a long job, and one that never ends its work.
"""

from __future__ import annotations

import threading
import time

from agents.chat_api import Reply, Request, call, calls, content_text, says
from agents.misbehaviour import KINDS, SHELLS, shell_of
from agents.over_api import any_request
from agents.scripted import mlab_reply, shell_solution

LONG = 90
"""Seconds that the long job takes."""
LOOKS = 20
"""Good answers of the model that misbehaves before it gets to work, so that it has time to misbehave."""
TEN = (
    "bad JSON in a call",
    "prose instead of a call",
    "an empty message",
    "a refusal",
    "unknown tool",
    "rate limit with Retry-After",
    "server error",
    "no JSON",
    "parallel calls",
    "cut off in a call",
)
"""How it misbehaves, in turn."""

# no library: on a busy machine importing one takes longer than all the rest
SOLUTION = """\
import csv

train, test = (list(csv.DictReader(open(f"{data}/{{name}}.csv"))) for name in ("train", "test"))
spent = [c for c in test[0] if c in ("RoomService", "FoodCourt", "ShoppingMall", "Spa", "VRDeck")]
guess = lambda row: str(sum(float(row[c] or 0) for c in spent) < 500)
print("accuracy", sum(guess(row) == row["Transported"] for row in train) / len(train))
rows = [(row["PassengerId"], guess(row)) for row in test]
csv.writer(open("{submission}", "w")).writerows([("PassengerId", "Transported"), *rows])
"""
LONG_SOLUTION = f"import time\n\ntime.sleep({LONG})\n{SOLUTION}"


class Model:
    """Counts what it answers; several requests may come at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.answered = 0

    def __call__(self, request: Request) -> Reply:
        with self._lock:
            self.answered += 1
            return self.answer(request)

    def answer(self, request: Request) -> Reply:
        """Does the work, and ends it."""
        return any_request(request)

    def runs(self, request: Request, command: str, **more: object) -> Reply:
        """A command, by the tool that the scaffold has for it."""
        name = shell_of(request)
        return calls(call(name, {SHELLS[name]: command, **more}, f"call_{self.answered}"))


class NowAndThen(Model):
    """Looks around for a while, then works; each third answer is none."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []
        """How it misbehaved."""

    def answer(self, request: Request) -> Reply:
        if self.answered % 3 == 0:
            kind = TEN[len(self.shown) % len(TEN)]
            self.shown.append(kind)
            bad = KINDS[kind].reply(request)
            assert bad is not None
            return bad
        if self.answered - len(self.shown) > LOOKS:
            return any_request(request)
        if has_shell(request):
            return self.runs(request, f"echo look {self.answered}")
        return says(mlab_reply("List Files", {"dir_path": "."})) if is_mlab_step(request) else any_request(request)


class Waiting(Model):
    """Starts a long job in the background, looks after it, and ends its work when the job is done.

    Only scaffolds with a shell have a background: in others their step takes as long.
    """

    def answer(self, request: Request) -> Reply:
        if not has_shell(request) or "accuracy 0." in told(request):
            return any_request(request)
        match shell_of(request):
            case "exec_command":  # its commands are sessions, which the scripted model waits for
                return any_request(request)
            case "terminal" if "accuracy" in called(request):
                return self.runs(request, "", is_input=True)
            case "terminal":
                return self.runs(request, shell_solution())
            case shell if "accuracy" in called(request):
                return self.runs(request, f"python3 -c 'import time; time.sleep({LONG // 10})'; cat /tmp/job.log")
            case shell:
                job = f"cat >/tmp/job.py <<'EOF'\n{shell_solution()}\nEOF\n"
                if shell == "Bash":
                    return self.runs(request, f"{job}sh /tmp/job.py >/tmp/job.log 2>&1", run_in_background=True)
                return self.runs(request, f"{job}nohup sh /tmp/job.py >/tmp/job.log 2>&1 &")


class NeverDone(Model):
    """Works, and goes on until it is stopped; it thinks for a second each time, as models do."""

    def answer(self, request: Request) -> Reply:
        time.sleep(1)
        if has_shell(request) and "accuracy 0." in told(request):
            return self.runs(request, f"python3 -c 'import time; time.sleep(2)'; echo still at it {self.answered}")
        reply = any_request(request)
        again = is_mlab_step(request) and b"Final Answer" in reply.body
        return says(mlab_reply("Execute Script", {"script_name": "train.py"})) if again else reply


MODELS: dict[str, type[Model]] = {
    "good": Model,
    "now-and-then": NowAndThen,
    "waiting": Waiting,
    "never-done": NeverDone,
}


def has_shell(request: Request) -> bool:
    """Whether commands can be run by a tool."""
    return any(tool["function"]["name"] in SHELLS for tool in request.get("tools") or [])


def is_mlab_step(request: Request) -> bool:
    """Whether the research agent asks for its next action."""
    return any_request(request).body.find(b"Research Plan and Status: none") >= 0


def told(request: Request) -> str:
    """All that was said to the model."""
    return "\n".join(content_text(m.get("content")) for m in request["messages"] if m["role"] != "assistant")


def called(request: Request) -> str:
    """What the model called before."""
    return "\n".join(str(m.get("tool_calls") or "") for m in request["messages"] if m["role"] == "assistant")
