"""What happens around one sample, in this order:

    preflight      what is checked while the task is built
    setup          before the agent: sandbox, instructions, identity; starts what runs beside the agent
    endpoint       the submission check inside the sandbox
    watching       agents at work, and their disks
    validation     what the check answers
    snapshots      submissions of earlier moments
    outcome        taking out: freeze, take, keep, and note what came of it
    grading        what an outcome is worth against answers
    scoring        the score and its explanation
    figures        the figures of a run from its scores

`plan` and `identity` say what the run was to contain and what it was of; `artifacts` is where things are kept.
"""
