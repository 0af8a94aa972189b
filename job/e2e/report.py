"""Report: timeline, picture, JUnit and summary of a job, among its artifacts."""

from job.e2e.context import Context
from job.e2e.nodes import NodeError
from job.errors import JobError
from job.report import gantt, junit, resources, summary


def write(context: Context, failure: JobError | None) -> None:
    """Write all of it, and say how the job ended."""
    artifacts, timeline = context.job.artifacts, context.timeline
    for log in sorted((artifacts / "pulumi").glob("*.jsonl")):
        resources.add_to(timeline, log)
    junit.write(timeline.spans, artifacts / "junit.job.xml")
    picture = gantt.draw(timeline.spans, f"{context.kind} {context.job.stack}")
    (artifacts / "timeline.svg").write_text(picture, encoding="utf-8")
    text = summary.passed(timeline.spans)
    if failure:
        text = summary.failed(_described(failure), timeline.spans, artifacts)
    (artifacts / "summary.txt").write_text(text, encoding="utf-8")
    context.log.say(text)


def _described(failure: JobError) -> summary.Failure:
    error = str(failure)
    if isinstance(failure, NodeError):
        state = failure.state
        return summary.Failure(
            kind=failure.kind, error=state.error, node=state.subject, stage=state.stage
        )
    return summary.Failure(kind=failure.kind, error="; ".join(error.splitlines()))
