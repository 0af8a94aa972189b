"""Discovery: which methods, parameters and body fields the API has, from Google's own document.

The document comes with google-api-python-client. It lags behind the live service here and there;
the EXTRA_ tables say what real clients send that it does not know.
"""

import importlib.util
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from localcloud.compute_api import errors
from localcloud.compute_api.errors import Json

EXTRA_PARAMETERS = {
    "compute.instances.get": {"view"},  # the provider plugin asks for view=FULL
}
EXTRA_LIST_PARAMETERS = {"returnPartialSuccess"}  # gcloud sends it with every list
# The provider plugin sends it, as null when it is not set.
EXTRA_FIELDS = {"RouterNat": {"initialNatIps": {"type": "array", "items": {"type": "string"}}}}

# Parameters that every method takes: the document's own, and the system parameters spelled with $.
_SYSTEM_PARAMETERS = {"$alt", "$prettyPrint", "$fields", "$key"}


@dataclass(frozen=True)
class Method:
    """One method of the API."""

    id: str
    http_method: str
    path: str
    pattern: re.Pattern[str]
    parameters: dict[str, Json]
    request: str | None

    @property
    def collection(self) -> str:
        """Give the REST collection, such as networks."""
        return self.id.split(".")[1]

    @property
    def verb(self) -> str:
        """Give the last part of the id, such as insert."""
        return self.id.split(".")[2]


class Discovery:
    """The API's methods by route, and its schemas by name."""

    def __init__(self, document: Json) -> None:
        self.schemas: dict[str, Json] = document["schemas"]
        for name, fields in EXTRA_FIELDS.items():
            self.schemas[name]["properties"] |= fields
        self._common = set(document["parameters"]) | _SYSTEM_PARAMETERS
        self.methods = {
            method["id"]: _method(method)
            for resource in document["resources"].values()
            for method in resource.get("methods", {}).values()
        }
        # The verb and the number of path segments narrow a thousand routes down to a few.
        self._routes: dict[tuple[str, int], list[Method]] = {}
        for method in self.methods.values():
            key = method.http_method, method.path.count("/")
            self._routes.setdefault(key, []).append(method)

    def match(self, http_method: str, path: str) -> tuple[Method, dict[str, str]]:
        """Find the method of a request and its path parameters; refuse an unknown route."""
        for method in self._routes.get((http_method, path.count("/")), []):
            if found := method.pattern.fullmatch(path):
                return method, found.groupdict()
        raise errors.ApiError(404, "notFound", f"Not Found: {http_method} {path}")

    def check_path(self, method: Method, values: dict[str, str]) -> None:
        """Refuse path parameters that cannot be names of anything."""
        for name, value in values.items():
            pattern = method.parameters[name].get("pattern")
            if pattern and not re.fullmatch(pattern, value):
                raise errors.invalid(name, value, f"Must be a match of regex '{pattern}'")

    def check_query(self, method: Method, query: dict[str, str]) -> None:
        """Refuse query parameters that the method does not take, or lacks."""
        known = set(method.parameters) | self._common | EXTRA_PARAMETERS.get(method.id, set())
        if method.verb in {"list", "aggregatedList"}:
            known |= EXTRA_LIST_PARAMETERS
        for name in query:
            if name not in known:
                raise errors.bad_payload(
                    "",
                    f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query'
                    f" parameter. Field '{name}' could not be found in request message.",
                )
        if "fields" in query or "$fields" in query:
            raise errors.lacking("The query parameter fields (partial responses)")
        for name, parameter in method.parameters.items():
            needed = parameter.get("required") and parameter["location"] == "query"
            if needed and name not in query:
                raise errors.required(name)


def _method(method: Json) -> Method:
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", method["path"])
    return Method(
        id=method["id"],
        http_method=method["httpMethod"],
        path=method["path"],
        pattern=re.compile(pattern),
        parameters=method.get("parameters", {}),
        request=method.get("request", {}).get("$ref"),
    )


@cache
def load() -> Discovery:
    """Read the document once."""
    spec = importlib.util.find_spec("googleapiclient")
    if spec is None or spec.origin is None:
        raise RuntimeError("google-api-python-client is not installed; see requirements-dev.in")
    documents = Path(spec.origin).parent / "discovery_cache" / "documents"
    return Discovery(json.loads((documents / "compute.v1.json").read_text(encoding="utf-8")))
