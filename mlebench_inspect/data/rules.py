"""Whether a competition's rules are accepted, as far as it is known, and where they are."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from platformdirs import user_cache_dir

from mlebench_inspect.data.manifest import now, write_json

LIFETIME_SECONDS = 24 * 3600.0
"""How long an answer of Kaggle is believed: acceptance can be withdrawn, and archives change."""


@dataclass(frozen=True)
class Access:
    """What Kaggle says about a competition's download."""

    accepted: bool | None
    """Whether the rules are accepted; None: unknown."""
    bytes: int | None = None
    note: str = ""


def rules_page(slug: str) -> str:
    """Where a competition's rules are accepted."""
    return f"https://www.kaggle.com/c/{slug}/rules"


def rules_message(slug: str) -> str:
    """What to do where the rules are not accepted."""
    return (
        f"{slug}: the competition's rules are not accepted; open {rules_page(slug)}, join or accept there, then run "
        "the same command; if the page offers no such button (a few competitions can no longer be joined), take a zip "
        f"that you or a colleague downloaded before: mlebench-inspect prepare {slug} --raw ZIP"
    )


class RulesCache:
    """What is known of a user's accepted rules, kept for a day; the user's name is stored as a digest."""

    def __init__(self, user: str, path: Path | None = None) -> None:
        self.path = path or Path(user_cache_dir("mlebench-inspect")) / "kaggle-rules.json"
        self.user = hashlib.sha256(user.encode()).hexdigest()[:16]

    def get(self, slug: str) -> Access | None:
        """The last certain answer, unless it is too old."""
        entry = self._read().get(self.user, {}).get(slug)
        return Access(entry["accepted"], entry.get("bytes"), entry["checked"]) if entry else None

    def put(self, answers: dict[str, Access]) -> None:
        """Remembers certain answers."""
        known = {s: a for s, a in answers.items() if a.accepted is not None}
        everything = self._read()
        everything.setdefault(self.user, {}).update(
            {s: {"accepted": a.accepted, "bytes": a.bytes, "checked": now()} for s, a in known.items()}
        )
        self._write(everything)

    def drop(self, slug: str) -> None:
        """Forgets an answer that turned out to be wrong."""
        everything = self._read()
        if everything.get(self.user, {}).pop(slug, None) is not None:
            self._write(everything)

    @classmethod
    def all_answers(cls) -> dict[str, bool]:
        """Whether any user of this cache is known to have accepted the rules, by competition; asks no server."""
        answers: dict[str, bool] = {}
        for mine in cls("")._read().values():
            for slug, entry in mine.items():
                answers[slug] = answers.get(slug, False) or bool(entry["accepted"])
        return answers

    def _read(self) -> dict[str, dict[str, Any]]:
        """Entries by user and competition, without those that are too old or broken."""
        try:
            found = json.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return {}
        users = found.items() if isinstance(found, dict) else ()
        return {u: {s: e for s, e in mine.items() if _is_alive(e)} for u, mine in users if isinstance(mine, dict)}

    def _write(self, everything: dict[str, dict[str, Any]]) -> None:
        with contextlib.suppress(OSError):  # a cache that cannot be written is no error
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_json(self.path, everything)


def _is_alive(entry: Any) -> bool:
    try:
        age = datetime.now(UTC) - datetime.fromisoformat(entry["checked"])
        return isinstance(entry["accepted"], bool) and 0 <= age.total_seconds() + 1 <= LIFETIME_SECONDS
    except (KeyError, TypeError, ValueError):
        return False
