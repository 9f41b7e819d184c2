"""Tasks of a service desk as a part of the report: whether each left the right database."""

from __future__ import annotations

from finetune.copilot.evaluate import CopilotScores, Score
from finetune.copilot.parts import Case, Finding, Measure, Part, Resampling, share

METHOD = (
    "A scripted customer says what the task gives them to say, the copilot proposes actions, and a scripted agent "
    "approves those that the policy allows. A task is right where the database is then the one that its gold actions "
    "leave, compared field by field. With gold readings, the gold actions themselves are asked for: what is judged "
    "then is the actions and the policy alone. Intervals: tasks are drawn with replacement.",
)


def tasks_part(source: str, result: CopilotScores, resampling: Resampling) -> Part:
    """The part that judged tasks make."""
    cases = tuple(_case(score) for score in result.scores)
    idle = sum(score.idle for score in result.scores)
    nothing = f"Doing nothing at all would be right in {idle} of {len(cases)} tasks."
    why = "{right} of {of} tasks ended in the database that their gold actions leave."
    return Part(
        name="tasks",
        title="Service tasks",
        lead=f"{len(cases)} tasks of {source}, with {result.readings} readings.",
        measures=(
            share(cases, "tasks", "Tasks right", why, resampling),
            Measure("idle", "Doing nothing", idle / len(cases), nothing),
        ),
        cases=cases,
        method=METHOD,
    )


def _case(score: Score) -> Case:
    done = " ".join(score.done) or "nothing was done"
    finding = Finding("tasks", "the database that the gold actions leave", done, score.why, score.right)
    return Case(id=f"task-{score.task}", group=score.task, findings=(finding,))
