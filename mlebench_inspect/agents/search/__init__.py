"""A search over whole solutions: our own scaffold, on the host, with Inspect's models, in any image."""

from __future__ import annotations

from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.model import ModelOutput
from inspect_ai.util import checkpointer

from mlebench_inspect.agents.search.plans import PLANS, PolicyName
from mlebench_inspect.options import AtLeast0, AtLeast1, AtLeast2, Probability, Seconds, agent_options

__all__ = ["search"]


@agent
@agent_options
def search(
    policy: PolicyName = "evolutionary",
    max_steps: AtLeast1 = 500,
    step_timeout: Seconds = 3600.0,
    parallel: AtLeast1 | None = None,
    folds: AtLeast2 = 5,
    drafts: AtLeast1 | None = None,
    debug_prob: Probability | None = None,
    debug_depth: AtLeast0 | None = None,
    population: AtLeast1 | None = None,
    patience: AtLeast1 | None = None,
    merge_prob: Probability | None = None,
    ablate_prob: Probability | None = None,
    draft_prob: Probability | None = None,
    exploration: float | None = None,
    ensembles: AtLeast0 | None = None,
    members: AtLeast2 | None = None,
    review: bool = True,
    max_failures: AtLeast1 = 5,
    seed: AtLeast0 = 0,
) -> Agent:
    """Search over whole solutions: drafts, mends, improves, merges and combines scripts, and keeps the best in place.

    The models are the roles `draft`, `debug` and `review` (`--model-role review=...`), else the run's model. What is
    left out of the policy's settings is what did best in the simulation.

    Args:
        policy: `greedy` (AIDE's), `evolutionary` or `mcts`.
        max_steps: Scripts to run; the run ends earlier at its time limit.
        step_timeout: Seconds that a script may run.
        parallel: Solutions worked on at once; no more run at once than the sandbox has CPUs.
        folds: Folds of the validation.
        drafts: Solutions to draft before others are improved.
        debug_prob: Probability that a broken solution is mended, if there is one.
        debug_depth: How often in a row a broken solution may be mended.
        population: Best solutions that the evolutionary policy chooses from.
        patience: Steps without success from a solution after which others come first.
        merge_prob: Probability of a merge of two.
        ablate_prob: Probability that it is measured first which part matters.
        draft_prob: Probability of a new draft after the first ones.
        exploration: Weight of what was rarely visited, for `mcts`.
        ensembles: Ensembles to try at the end.
        members: Most solutions in an ensemble.
        review: Whether each solution is reviewed, which costs a call.
        max_failures: How often in a row the model may give no script before the run ends.
        seed: Of folds and of the policy's choices.
    """
    tuned = PLANS[policy].plan
    given = {name: value for name, value in locals().items() if name in tuned._fields and value is not None}

    async def execute(state: AgentState) -> AgentState:
        from mlebench_inspect.agents.search.loop import Limits
        from mlebench_inspect.agents.search.start import start

        limits = Limits(max_steps, step_timeout, max_failures, parallel or PLANS[policy].parallel)
        plan = tuned._replace(**given)
        task = "\n\n".join(m.text for m in state.messages if m.text.strip())
        async with checkpointer() as session:
            state.output = session.track("output", lambda: state.output, state.output)
            if session.attempt == "resume_for_scoring":
                return state
            found = await start(policy, plan, limits, task, folds=folds, seed=seed, review=review)
            await found.go(session.tick)
            best = found.tree.best()
            told = f"{len(found.tree.nodes)} solutions; " + (
                f"the best is {best.id} with {best.score:.6g}" if best else "none counts"
            )
            state.output = ModelOutput.from_content("search", "; ".join([told, *found.tree.notes]))
            state.messages.append(state.output.message)
            return state

    return execute
