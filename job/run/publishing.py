"""Publishing: write summary, picture and JUnit of a job to its artifacts."""

from host.errors import JobError
from job.cloud.zones import departures
from job.reports import gantt, junit, resources, summary
from job.run.context import Context
from job.run.phases.watched_nodes import NodeError


def write(context: Context, failure: JobError | None) -> None:
    """Write all reports, and log the summary."""
    artifacts, timeline = context.artifacts, context.timeline
    logs = sorted(context.events.glob("*.jsonl"))
    for log in logs:
        resources.add_to(timeline, log)
    left = [each for log in logs for each in departures(log)]
    artifacts.write("junit.job.xml", junit.draw_up(timeline.spans))
    picture = gantt.draw(timeline.spans, f"{context.kind} {context.job.stack}")
    artifacts.write("timeline.svg", picture)
    text = summary.passed(timeline.spans, left)
    if failure:
        text = summary.failed(_described(failure), timeline.spans, artifacts.folder, left)
    artifacts.write("summary.txt", text)
    context.log.say(text)


def _described(failure: JobError) -> summary.Failure:
    if isinstance(failure, NodeError):
        state = failure.state
        return summary.Failure(
            kind=failure.kind, error=state.error, node=state.subject, stage=state.stage
        )
    return summary.Failure(kind=failure.kind, error="; ".join(str(failure).splitlines()))
