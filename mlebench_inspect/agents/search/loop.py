"""The search: branches that each take the next step, have it written, run it, measure it, and keep what is best."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import anyio
from inspect_ai.log import transcript
from inspect_ai.util import collect, sample_limits, span
from pydantic import JsonValue

from mlebench_inspect.agents.commands import time_left
from mlebench_inspect.agents.ending import note_end
from mlebench_inspect.agents.search import keeping, prompts
from mlebench_inspect.agents.search.engineer import Engineer
from mlebench_inspect.agents.search.hands import Hands, Ran
from mlebench_inspect.agents.search.measure import Measured, measure
from mlebench_inspect.agents.search.parsing import Reply, Review
from mlebench_inspect.agents.search.plans import Plan, PolicyName
from mlebench_inspect.agents.search.policies import next_step, reserve
from mlebench_inspect.agents.search.prompts import Standing, Terms
from mlebench_inspect.agents.search.tree import Node, Tree

MARGIN = 30.0
"""Seconds before the sample's time limit at which nothing runs any more."""
_SHARE = 0.1  # of a short run's time, which the margin does not go beyond
SHORTEST = 5.0
"""Seconds that a script must have, to be run at all."""
OUT_OF_TIME = Reply("", "", "the time was used before there was a script")
_KEPT_OUTPUT = 8_000


class Limits(NamedTuple):
    """What a search may take."""

    max_steps: int
    step_timeout: float
    max_failures: int
    parallel: int


class Search:
    """One search on one sample.

    Args:
        policy: Name of the policy.
        plan: Its settings.
        limits: What it may take.
        hands: The sandbox.
        engineer: The models.
        terms: What every solution is told.
        tree: Where it begins.
        slots: Solutions that run at once.
        review: Whether each solution is reviewed.
    """

    def __init__(
        self,
        policy: PolicyName,
        plan: Plan,
        limits: Limits,
        hands: Hands,
        engineer: Engineer,
        terms: Terms,
        tree: Tree,
        *,
        slots: int,
        review: bool,
    ) -> None:
        self.policy, self.plan, self.limits = policy, plan, limits
        self.hands, self.engineer, self.terms, self.tree = hands, engineer, terms, tree
        self._slots, self._review = anyio.Semaphore(slots), review
        self._ending = anyio.Lock()  # what ends a step is in a checkpoint as a whole, or not at all
        self._placing, self._begun, self._before = anyio.Lock(), time.monotonic(), tree.elapsed
        self._settings = {
            "SEARCH_SEED": str(tree.seed),
            "SEARCH_FOLDS": str(terms.folds),
            "SEARCH_FOLDS_FILE": terms.folds_file,
            **{f"{name}_NUM_THREADS": str(terms.threads) for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")},
            "LOKY_MAX_CPU_COUNT": str(terms.threads),
        }

    async def go(self, tick: Callable[[], Awaitable[None]] | None = None) -> None:
        """Searches until steps or time are used, or the model fails too often in a row.

        Args:
            tick: Called after each step, when all that it did is kept.
        """
        try:
            await self._put_in_place()
            await collect(*(self._branch(tick) for _ in range(self.limits.parallel)))
        finally:
            with anyio.move_on_after(60, shield=True):
                await self.hands.stop()
        self._tell_end()
        await keeping.save(self.hands, self.tree)

    def _tell_end(self) -> None:
        if self.engineer.failures >= self.limits.max_failures:
            last = self.tree.nodes[-1].fault if self.tree.nodes else ""
            note_end("no_action", f"the model gave no script {self.engineer.failures} times in a row; the last: {last}")
        elif self._seconds_left() <= 0:
            note_end("time_used", "the time is used")
        else:
            note_end("steps_used", f"{self.tree.steps} steps are taken, and the policy has no other")

    async def _branch(self, tick: Callable[[], Awaitable[None]] | None) -> None:
        while self._seconds_left() > 0:
            if self.engineer.failures >= self.limits.max_failures:
                self._note(f"ended: the model gave no script {self.engineer.failures} times in a row")
                return
            proposal = next_step(self.policy, self.tree, self.plan, self._steps_left(), self._seconds_left())
            if proposal is None:
                return
            node = self.tree.begin(*proposal)
            async with span(f"solution {node.id}: {node.operator}"):
                await self._work(node)
            if tick is not None:
                async with self._ending:
                    await tick()

    async def _work(self, node: Node) -> None:
        """From an operator to a solution that is done."""
        reply = OUT_OF_TIME
        with anyio.move_on_after(self._seconds_left()):
            reply = await self._written(node)
        node.plan, node.code, node.fault = reply.plan, reply.code, reply.fault
        if reply.code:
            folder = self.hands.folder(node.id)
            ran = await self._run(folder, reply.code, node)
            measured = Measured(fault=ran.fault) if ran.fault else await measure(folder, ran)
            node.score, node.folds, node.fault = measured.score, measured.folds, measured.fault
            node.output = _ends(ran.output)
            if self.tree.best() is None and not node.fault:
                await self.hands.place(node.id)  # before the review: any valid file beats none
            await self._look_back(node)
        async with self._ending:
            await self._end(node)

    async def _end(self, node: Node) -> None:
        node.done, node.at = True, self._elapsed()
        self.tree.elapsed = node.at
        told: dict[str, JsonValue] = {
            "solution": node.id,
            "operator": node.operator,
            "parents": list(node.parents),
            "score": node.score,
            "fault": node.fault,
        }
        transcript().info(told, source="mlebench")
        await self._put_in_place()
        await keeping.save(self.hands, self.tree)

    async def _written(self, node: Node) -> Reply:
        """The script for a node, by its operator."""
        parents = [self.tree.nodes[p] for p in node.parents]
        if node.operator == "ablate":
            return await self._refined(node, parents[0])
        now = self._standing(node)
        match node.operator:
            case "debug":
                prompt = prompts.debug(self.terms, self.tree, now, parents[0])
            case "improve":
                prompt = prompts.improve(self.terms, self.tree, now, parents[0])
            case "merge":
                prompt = prompts.merge(self.terms, self.tree, now, *parents)
            case "ensemble":
                prompt = prompts.ensemble(self.terms, self.tree, now, parents)
            case _:
                prompt = prompts.draft(self.terms, self.tree, now)
        return await self.engineer.write("debug" if node.operator == "debug" else "draft", prompt)

    async def _refined(self, node: Node, parent: Node) -> Reply:
        """First measured which part matters, then that part made better."""
        asked = prompts.ablate(self.terms, self.tree, self._standing(node), parent)
        study = await self.engineer.write("draft", asked)
        if not study.code:
            return study
        ran = await self._run(f"{self.hands.folder(node.id)}/ablation", study.code, node)
        told = f"{ran.output}\n(The script was {ran.fault}.)" if ran.fault else ran.output
        prompt = prompts.refine(self.terms, self.tree, self._standing(node), parent, told)
        return await self.engineer.write("draft", prompt)

    async def _run(self, folder: str, code: str, node: Node) -> Ran:
        async with self._slots:
            timeout = self._timeout(node)
            if timeout < SHORTEST:
                return Ran("", 0.0, "there was no time left to run it")
            ran = await self.hands.run(folder, code, timeout, self._settings)
        node.seconds += ran.seconds
        return ran

    async def _look_back(self, node: Node) -> None:
        """Has the solution reviewed, which gives a lesson, and may find that its score cannot be believed."""
        if not self._review or self._seconds_left() <= 0:
            return
        review = Review("")
        with anyio.move_on_after(self._seconds_left()):
            review = await self.engineer.review(prompts.review(self.terms, node))
        node.lesson = review.lesson
        if not node.fault and not review.sound:
            node.fault = f"its score cannot be believed: {review.lesson[:200]}"

    async def _put_in_place(self) -> None:
        """The best submission, and its code; again after each step, since scripts may write there as well."""
        async with self._placing:
            while (best := self.tree.best()) is not None and not await self.hands.place(best.id):
                if not await self.hands.lost(best.id):
                    return  # the host's fault: tried again after the next step
                self._note(f"the submission of solution {best.id} is gone")
                best.fault = "its submission is gone"

    def _timeout(self, node: Node) -> float:
        """Seconds that a script may run now: cut to the time left, less what is kept for the ensembles."""
        left = self._seconds_left()
        kept = reserve(self.tree, self.plan)
        if self.tree.origin(node).operator != "ensemble" and left > kept:
            left -= kept
        return min(self.limits.step_timeout, left)

    def _standing(self, node: Node) -> Standing:
        left, best = self._seconds_left(), self.tree.best()
        timeout = max(0.0, self._timeout(node))
        return Standing(
            max(0, self._steps_left()),
            None if math.isinf(left) else left,
            timeout,
            best.score if best is not None else None,
        )

    def _steps_left(self) -> int:
        return self.limits.max_steps - self.tree.steps

    def _seconds_left(self) -> float:
        left, whole = time_left(), sample_limits().time.limit
        return math.inf if left is None else max(0.0, left - min(MARGIN, _SHARE * whole if whole else MARGIN))

    def _elapsed(self) -> float:
        return self._before + time.monotonic() - self._begun

    def _note(self, text: str) -> None:
        if text not in self.tree.notes:
            self.tree.notes.append(text)
            transcript().info(f"Search: {text}", source="mlebench")


def _ends(text: str) -> str:
    half = _KEPT_OUTPUT // 2
    return text if len(text) <= _KEPT_OUTPUT else f"{text[:half]}\n[...]\n{text[-half:]}"
