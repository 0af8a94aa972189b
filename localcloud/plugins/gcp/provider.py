"""Provider: the gcp resource types that this project uses, with the real plugin's behaviour.

Every change begins with a plan from schema, state and inputs. A creation or update that fails when
the resource exists raises PartialStateError: the engine keeps the resource in state, so that
`destroy` deletes it.
"""

from localcloud.plugins.gcp import check, config, inputs_of, labels
from localcloud.plugins.gcp.client import Compute, Service
from localcloud.plugins.gcp.config import Config
from localcloud.plugins.gcp.errors import ApiError, NotFoundError, listed
from localcloud.plugins.gcp.links import Place
from localcloud.plugins.gcp.plan import Plan, plan
from localcloud.plugins.gcp.resource import Resource
from localcloud.plugins.gcp.resources import RESOURCES
from localcloud.plugins.paths import top
from localcloud.plugins.provider import (
    Call,
    Checked,
    Difference,
    Failure,
    Found,
    PartialStateError,
    Provider,
    ProviderError,
    require_known,
)
from localcloud.plugins.quote import go_quote
from localcloud.plugins.values import UNKNOWN, Properties, public


class GcpProvider(Provider):
    """A provider of Compute Engine resources, through a Compute API on this machine."""

    name = "gcp"
    package = "pulumi-gcp"
    # As in the real plugin: the engine itself tracks which inputs are secret.
    accept_secrets = False

    def __init__(self) -> None:
        self._config: Config | None = None
        self._service: Service | None = None

    def check_config(self, news: Properties) -> Checked:
        return Checked(news, tuple(config.check(public(news))))

    def configure(self, args: Properties, call: Call) -> None:
        given = public(args)
        if any(value is UNKNOWN for value in given.values()):
            return  # a preview in which the provider itself depends on another resource
        self._config = Config.of(given)
        if not self._config.project and self._config.warn_of_project:
            call.warn(config.NO_PROJECT)
        self._service = Service(
            self._config.endpoint, self._config.access_token, self._config.poll_interval_s
        )

    def check(self, call: Call, news: Properties) -> Checked:
        resource = _resource(call)
        inputs = inputs_of.own(public(news))
        # One after another: each check relies on the one before.
        failures = list(check.check(resource.fields, inputs, call.name))
        if not failures:
            failures = list(resource.validate(inputs))
        if not failures:
            failures = self._check_place(resource, inputs)
        return Checked(inputs, tuple(failures))

    def diff(
        self, call: Call, state: Properties, old_inputs: Properties, news: Properties
    ) -> Difference:
        """Return the changes from state. As in the real plugin, earlier inputs do not count."""
        del old_inputs
        resource = _resource(call)
        found = self._plan(resource, public(state), public(news))
        replaced = {top(path) for path, change in found.changes.items() if change.replace}
        stable = {field.name for field in resource.fields if field.force_new} - replaced
        return Difference(
            found.changes,
            stables=tuple(sorted(stable)),
            # A fixed name is taken until the old resource is gone.
            delete_before_replace=bool(replaced) and state.get("name") == news.get("name"),
        )

    def create(self, call: Call, inputs: Properties) -> tuple[str, Properties]:
        """Create the resource, then complete and read it.

        A failure of the two later steps leaves the resource in state.
        """
        resource = _resource(call)
        planned = self._plan(resource, None, public(inputs))
        if call.preview:
            return "", _concealed(resource, planned.values)
        settings, service = self._configured()
        compute = Compute(service, call)
        place = resource.place(planned.values, settings)
        try:
            resource.create(compute, place, planned)
        except ProviderError as error:
            raise ProviderError(listed(error)) from error
        resource_id = resource.resource_id(place)
        try:
            resource.complete(compute, place, planned)
            return resource_id, self._read(call, resource, place, _known(planned.values))
        except ProviderError as error:
            reason = f"creating {call.urn}: {listed(error)}"
            raise PartialStateError(
                resource_id, _concealed(resource, _known(planned.values)), reason
            ) from error

    def read(self, call: Call, state: Properties, inputs: Properties) -> Found | None:
        resource = _resource(call)
        settings, _ = self._configured()
        place = resource.parse(call.resource_id, settings)
        try:
            properties = self._read(call, resource, place, public(state))
        except NotFoundError:
            return None
        except ProviderError as error:
            raise ProviderError(f"refreshing {call.urn}: {listed(error)}") from error
        if state:
            now = inputs_of.refreshed(resource, public(inputs), public(properties), settings)
        else:
            now = inputs_of.imported(resource.fields, public(properties))
        return Found(resource.resource_id(place), properties, now)

    def update(
        self, call: Call, state: Properties, old_inputs: Properties, news: Properties
    ) -> Properties:
        """Change the resource in place. After a failure state keeps its old values."""
        del old_inputs
        resource = _resource(call)
        state = public(state)
        planned = self._plan(resource, state, public(news))
        if call.preview:
            return _concealed(resource, planned.values)
        settings, service = self._configured()
        place = resource.parse(call.resource_id, settings)
        changed = {top(path) for path in planned.changes}
        try:
            resource.update(Compute(service, call), place, state, planned, changed)
        except ProviderError as error:
            reason = f"updating {call.urn}: {listed(error)}"
            raise PartialStateError(
                call.resource_id, _concealed(resource, state), reason
            ) from error
        return self._read(call, resource, place, _known(planned.values))

    def delete(self, call: Call, state: Properties) -> None:
        resource = _resource(call)
        settings, service = self._configured()
        place = resource.parse(call.resource_id, settings)
        try:
            resource.delete(Compute(service, call), place, public(state))
        except NotFoundError:
            return
        except ProviderError as error:
            raise ProviderError(f"deleting {call.urn}: {listed(error)}") from error

    def _plan(self, resource: Resource, state: Properties | None, news: Properties) -> Plan:
        settings, _ = self._configured()
        wanted = inputs_of.own(news)
        # A new region in the configuration does not move what exists; a new project or zone does.
        parts = ("project", "region", "zone") if state is None else ("project", "zone")
        for part in parts:
            if part in resource.parts() and getattr(settings, part):
                wanted.setdefault(part, getattr(settings, part))
        if resource.labelled:
            wanted = labels.derive(wanted, state, settings)
        return plan(resource.fields, state, wanted)

    def _check_place(self, resource: Resource, inputs: Properties) -> list[Failure]:
        try:
            # Only whether each part is given counts here, so any text stands for an unknown one.
            known = {key: "?" if value is UNKNOWN else value for key, value in inputs.items()}
            resource.place(known, self._configured()[0])
        except ProviderError as error:
            return [Failure("", str(error))]
        return []

    def _read(self, call: Call, resource: Resource, place: Place, state: Properties) -> Properties:
        _, service = self._configured()
        compute = Compute(service, call)
        try:
            found = resource.find(compute, place)
        except ApiError as error:
            what = f"Compute{resource.noun} {go_quote(resource.resource_id(place))}"
            raise ProviderError(f"Error when reading or editing {what}: {error}") from error
        if found is None:
            raise NotFoundError(f"{resource.resource_id(place)} is gone")
        values = resource.outputs(compute, place, found, state)
        if resource.labelled:
            values |= labels.read(found.get("labels", {}), state)
        return _concealed(resource, values)

    def _configured(self) -> tuple[Config, Service]:
        if self._config is None or self._service is None:
            raise ProviderError("the provider's configuration is not known yet")
        return self._config, self._service


def _resource(call: Call) -> Resource:
    require_known(call.type, RESOURCES)
    return RESOURCES[call.type]


def _known(values: Properties) -> Properties:
    return {name: value for name, value in values.items() if value is not UNKNOWN}


def _concealed(resource: Resource, properties: Properties) -> Properties:
    return labels.conceal(properties) if resource.labelled else properties
