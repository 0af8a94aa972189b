"""Api: list, read, label and delete resources, within a time budget."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from googleapiclient.errors import HttpError

from host.errors import JobError
from host.errors import Kind as ErrorKind
from job.cloud.cleanup.budget import Budget
from job.cloud.compute import ask, connect, is_passing, refusal_of
from job.cloud.engine import diagnosis
from job.cloud.kinds import Kind
from job.cloud.place import Place

Body = dict[str, Any]
Say = Callable[[str], object]

_PATIENCE_S = 60.0
_FIRST_LOOK_S, _LONGEST_LOOK_S = 0.2, 2.0
_NOT_FOUND = 404
_FORBIDDEN = 403
# Transient refusals: a user of the resource is being deleted, or its creation is not done yet.
_BUSY = {"resourceInUseByAnotherResource", "resourceNotReady", "operationInProgress"}


class ApiError(JobError):
    """A request failed. If it is `passing`, a retry may succeed."""

    def __init__(self, text: str, *, passing: bool = True, kind: ErrorKind | None = None) -> None:
        super().__init__(text, kind=kind)
        self.passing = passing


class RefusalError(ApiError):
    """The API refused a request, with an HTTP status."""

    def __init__(self, error: HttpError) -> None:
        refusal = refusal_of(error)
        text = refusal.message.rstrip(".")
        known = diagnosis.known(f"Error {refusal.status}: {text}")
        super().__init__(
            str(known or f"compute: {text} ({refusal.code})"),
            passing=is_passing(error) or refusal.reason in _BUSY,
            kind=known.kind if known else refusal.kind,
        )
        self.status = refusal.status


class Api:
    """The Compute API at a place. Every method raises ApiError."""

    def __init__(self, place: Place, budget: Budget, say: Say) -> None:
        self.place = place
        self.budget = budget
        self.say = say
        self._client = connect(place)

    def list(self, kind: Kind) -> Iterator[Body]:
        """List a kind in the project. Without permission, print a line and return nothing."""
        methods = getattr(self._client, kind.collection)()
        # The account may lack permission to list zones.
        name = "aggregatedList" if kind.in_scopes else "list"
        request = getattr(methods, name)(project=self.place.project)
        while request is not None:
            try:
                answer = self._ask(request)
            except RefusalError as error:
                if error.status != _FORBIDDEN:
                    raise
                self.say(f"{kind.collection} are not looked for: {error}")
                return
            items = answer.get("items", {} if kind.in_scopes else [])
            if kind.in_scopes:
                for part in items.values():
                    yield from part.get(kind.collection, [])
            else:
                yield from items
            request = getattr(methods, f"{name}_next")(request, answer)

    def get(self, kind: Kind, path: str) -> Body:
        return self._ask(self._method(kind, "get")(**_where(kind, path)))

    def delete(self, kind: Kind, path: str) -> Body | None:
        """Request a deletion once. Return the operation, or None if the resource is gone."""
        request = self._method(kind, "delete")(**_where(kind, path))
        try:
            return self._ask(request, patience_s=0)
        except RefusalError as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    def stop(self, kind: Kind, path: str) -> Body:
        """Request the stop of an instance. Return the operation."""
        return self._ask(self._method(kind, "stop")(**_where(kind, path)))

    def set_labels(
        self, kind: Kind, path: str, labels: Mapping[str, str], fingerprint: str
    ) -> None:
        """Replace all labels, if their fingerprint has not changed."""
        body = {"labels": dict(labels), "labelFingerprint": fingerprint}
        # The parameter is `instance` for instances and `resource` for all others.
        parameter = kind.parameter if kind.collection == "instances" else "resource"
        where = _where(kind, path)
        where[parameter] = where.pop(kind.parameter)
        self.finish(self._ask(self._method(kind, "setLabels")(**where, body=body)))

    def finish(self, operation: Body) -> None:
        """Wait for an operation. Raises ApiError if it fails or outlasts the budget."""
        project = operation["selfLink"].partition("/projects/")[2].partition("/")[0]
        where = {"project": project, "operation": operation["name"]}
        scope = next((scope for scope in ("zone", "region") if scope in operation), "global")
        if scope != "global":
            where[scope] = operation[scope].rpartition("/")[2]
        methods = getattr(self._client, f"{scope}Operations")()
        pause = _FIRST_LOOK_S
        while operation["status"] != "DONE":
            if not self.budget.left_s:
                raise ApiError("compute: it was accepted, and not done in time")
            self.budget.pause(pause)
            pause = min(_LONGEST_LOOK_S, pause * 1.5)
            operation = self._ask(methods.get(**where))
        errors = operation.get("error", {}).get("errors", [])
        if errors:
            texts = (error.get("message") or error["code"] for error in errors)
            raise ApiError("compute: " + "; ".join(texts))

    def _method(self, kind: Kind, name: str) -> Any:
        return getattr(getattr(self._client, kind.collection)(), name)

    def _ask(self, request: Any, patience_s: float = _PATIENCE_S) -> Body:
        patience_s = min(patience_s, self.budget.left_s)
        try:
            return ask(request, patience_s=patience_s, sleep=self.budget.pause)
        except HttpError as error:
            raise RefusalError(error) from None
        except JobError as error:
            self.budget.check()
            raise ApiError(str(error), kind=error.kind) from None


def path_of(link: str) -> str:
    """Return the path of a link without its host: projects/P/global/networks/N."""
    return "projects/" + link.partition("/projects/")[2]


def _where(kind: Kind, path: str) -> dict[str, str]:
    parts = path.split("/")
    where = {"project": parts[1], kind.parameter: parts[-1]}
    if kind.in_scopes:
        where[parts[2].removesuffix("s")] = parts[3]
    return where
