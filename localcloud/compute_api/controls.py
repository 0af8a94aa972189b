"""Controls: questions and orders of a test to the double, beside the API.

ComputeApi has them as methods; admin.py offers two of them over HTTP. A control is no request: it
checks no token, is not in the journal and meets no faults. Paths are relative, as in links.py, and
an unknown one raises ApiError.
"""

import copy

from localcloud.compute_api import journal, links
from localcloud.compute_api.capacity import FullZone
from localcloud.compute_api.cloud import Cloud
from localcloud.compute_api.errors import Json
from localcloud.compute_api.faults import Fault
from localcloud.compute_api.hooks import Callback, CreationCallback, ImageCallback
from localcloud.compute_api.offers import Lack
from localcloud.compute_api.resources import images, instances
from localcloud.compute_api.resources.common import check_labels, put_labels
from localcloud.compute_api.resources.views import image_view
from localcloud.compute_api.store import Resource

# The projects of Google's public images, which are there from the start and are no leftovers.
_PUBLIC_PROJECTS = {project for project, _, _ in images.PUBLIC}


class Controls:
    """All that a test may do without the API. Answers first let due operations end."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def inventory(self, project: str | None = None) -> list[Json]:
        """List path, state and labels of all resources but public images, to find leftovers."""
        with self.cloud.lock:
            self.cloud.operations.advance()
            return [
                {
                    "path": resource.path,
                    "state": resource.state,
                    "labels": resource.body.get("labels", {}),
                }
                for resource in self.cloud.store.all()
                if resource.project not in _PUBLIC_PROJECTS and project in {None, resource.project}
            ]

    def resource(self, path: str) -> Json:
        """Return a copy of a resource's representation as it is stored."""
        with self.cloud.lock:
            self.cloud.operations.advance()
            return dict(self.cloud.store.get(path).body)

    def requests(self, project: str | None = None, method: str | None = None) -> list[Json]:
        """List the requests so far, oldest first; a method is named like instances.insert."""
        return [request.show() for request in self.cloud.journal.requests(project, method)]

    def operations(self, project: str | None = None) -> Json:
        """List the operations so far, and their longest chain with its duration in seconds."""
        with self.cloud.lock:
            self.cloud.operations.advance()
            found = [
                operation
                for operation in self.cloud.operations.all()
                if project is None or operation.path.startswith(f"projects/{project}/")
            ]
        # Outside the lock: the time for a chain grows with the square of the operations.
        longest = journal.chain(found)
        return {
            "operations": [journal.show(operation) for operation in found],
            "chain": [journal.show(operation) for operation in longest],
            "chainSeconds": journal.duration(longest),
        }

    def add_fault(self, fault: Fault) -> None:
        """Queue a fault for the next calls that it matches."""
        with self.cloud.lock:
            self.cloud.faults.add(fault)

    def remaining_faults(self) -> list[Json]:
        """List the faults that did not happen yet, so that a test can check that all did."""
        with self.cloud.lock:
            return self.cloud.faults.remaining()

    def clear_faults(self) -> None:
        with self.cloud.lock:
            self.cloud.faults.clear()

    def deny(self, method: str) -> None:
        """Answer a method such as zones.list with 403 from now on."""
        self.cloud.denied_methods.add(f"compute.{method}")

    def refuse_project(self, project: str, status: int | None) -> None:
        """Answer every request to a project with status 404 or 403; None ends that."""
        _put(self.cloud.refused_projects, project, status)

    def refuse_token(self, token: str, status: int | None) -> None:
        """Answer every request with this bearer token with status 401 or 403; None ends that."""
        _put(self.cloud.refused_tokens, token, status)

    def rate_limit(self, seconds: float) -> None:
        """Answer every request with 403 rateLimitExceeded for these seconds of the clock."""
        self.cloud.rate_limited_until = self.cloud.clock.now() + seconds

    def fill_zone(self, full: FullZone) -> None:
        """Let instances that are created or started in a zone find no capacity."""
        with self.cloud.lock:
            self.cloud.full_zones[full.zone] = full

    def empty_zone(self, zone: str) -> None:
        """Let a zone have capacity again, for all projects."""
        with self.cloud.lock:
            self.cloud.full_zones.pop(zone, None)

    def withdraw(self, lack: Lack) -> None:
        """Let a zone lack a machine type, a disk type or a CPU platform from now on."""
        with self.cloud.lock:
            self.cloud.offers.withdraw(lack)

    def restore_offers(self, zone: str) -> None:
        """Let a zone offer the whole catalogue again."""
        with self.cloud.lock:
            self.cloud.offers.restore(zone)

    def publish_image(self, project: str, family: str, name: str) -> Json:
        """Add a ready image, from now on the newest of its family; return its representation."""
        with self.cloud.lock:
            return images.publish(self.cloud, project, family, name).body

    def image_bodies(self) -> dict[str, Json]:
        """Return the representation of each image that is not deleted, by its path."""
        with self.cloud.lock:
            return {
                resource.path: copy.deepcopy(resource.body)
                for resource in self.cloud.store.all()
                if resource.collection == "images" and resource.state != "deleting"
            }

    def restore_image(self, path: str, body: Json) -> None:
        """Add an image of an earlier double, which is READY. No later ID is below its own."""
        with self.cloud.lock:
            self.cloud.store.add(Resource(path, {**body, "status": "READY"}))
            self.cloud.use_id(body["id"])

    def set_quota(self, project: str, metric: str, limit: float, region: str | None = None) -> None:
        """Set a quota of a region, or (region None) of the project; refuse an unknown metric."""
        with self.cloud.lock:
            self.cloud.quotas.set_limit(project, metric, limit, region)

    def set_latency(self, latency_s: dict[str, float]) -> None:
        """Set the seconds of new operations by kind (instance), method or "default".

        Operations that were accepted before keep their times.
        """
        self.cloud.options.check_latency(latency_s)
        self.cloud.options.latency_s.update(latency_s)

    def remove(self, path: str) -> None:
        """Remove a resource at once, without an operation and even if others use it."""
        with self.cloud.lock:
            self.cloud.operations.advance()
            resource = self.cloud.store.get(path)
            # A machine must not go on running, and an image's files must not stay.
            if resource.collection == "instances":
                instances.remove(self.cloud, resource)
            elif resource.collection == "images":
                self.cloud.hooks.image_deleted(image_view(resource))
            self.cloud.store.remove(path)

    def add_labels(self, path: str, labels: dict[str, str]) -> None:
        """Add labels to a resource at once, as somebody else's program might."""
        with self.cloud.lock:
            body = self.cloud.store.get(path).body
            put_labels(body, check_labels(body.get("labels", {}) | labels))

    def write_serial_output(self, path: str, text: str) -> None:
        """Append to the serial port output of an instance, named by path or link."""
        with self.cloud.lock:
            name = links.relative(path)
            self.cloud.serial_output[name] = self.cloud.serial_output.get(name, "") + text

    def on_instance_running(self, callback: Callback) -> None:
        """Call back, on the thread of the hooks, when an instance has become RUNNING."""
        self.cloud.hooks.on_instance_running(callback)

    def on_instance_stopped(self, callback: Callback) -> None:
        """Call back, on the thread of the hooks, when an instance was stopped."""
        self.cloud.hooks.on_instance_stopped(callback)

    def on_instance_deleted(self, callback: Callback) -> None:
        """Call back, on the thread of the hooks, when an instance was deleted."""
        self.cloud.hooks.on_instance_deleted(callback)

    def on_image_created(self, callback: CreationCallback) -> None:
        """Call back, on the thread of the hooks, when an image is created from a disk."""
        self.cloud.hooks.on_image_created(callback)

    def on_image_deleted(self, callback: ImageCallback) -> None:
        """Call back, on the thread of the hooks, when an image was deleted."""
        self.cloud.hooks.on_image_deleted(callback)


def _put(table: dict[str, int], key: str, status: int | None) -> None:
    if status is None:
        table.pop(key, None)
    else:
        table[key] = status
