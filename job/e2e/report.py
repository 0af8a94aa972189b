"""Report: timeline, picture, JUnit and summary of a job, among its artifacts."""

from job.e2e.context import Context
from job.e2e.nodes import NodeError
from job.errors import JobError
from job.report import gantt, junit, resources, summary
from job.zones import departures


def write(context: Context, failure: JobError | None) -> None:
    """Write all of it, and say how the job ended."""
    artifacts, timeline = context.job.artifacts, context.timeline
    logs = sorted((artifacts / "pulumi").glob("*.jsonl"))
    for log in logs:
        resources.add_to(timeline, log)
    left = [each for log in logs for each in departures(log)]
    junit.write(timeline.spans, artifacts / "junit.job.xml")
    picture = gantt.draw(timeline.spans, f"{context.kind} {context.job.stack}")
    (artifacts / "timeline.svg").write_text(picture, encoding="utf-8")
    text = summary.passed(timeline.spans, left)
    if failure:
        text = summary.failed(_described(failure), timeline.spans, artifacts, left)
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
