"""Discovery: the API's methods, parameters and body fields, from Google's own document.

The document comes with google-api-python-client. A route, a path parameter or a query parameter
that it does not have is refused, as the service does, so that a misspelt one is found before it
reaches Google Cloud. The document lags behind the live service here and there: the EXTRA_ tables
have what real clients send and the document does not know.
"""

import importlib.util
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from localcloud.compute_api import errors
from localcloud.compute_api.errors import Json

# Query parameters by method.
EXTRA_PARAMETERS = {
    "compute.instances.get": {"view"},  # the provider plugin asks for view=FULL
}
EXTRA_LIST_PARAMETERS = {"returnPartialSuccess"}  # gcloud sends it with every list
# The provider plugin sends this field with every NAT, as null if it is not set.
EXTRA_FIELDS = {"RouterNat": {"initialNatIps": {"type": "array", "items": {"type": "string"}}}}

# The other spelling of parameters that every method takes; the document lists them without $.
_SYSTEM_PARAMETERS = {"$alt", "$prettyPrint", "$fields", "$key"}


@dataclass(frozen=True)
class Method:
    """A method of the API; `request` names the schema of its body, None if it takes none."""

    id: str
    http_method: str
    path: str
    pattern: re.Pattern[str]
    parameters: dict[str, Json]
    request: str | None

    @property
    def collection(self) -> str:
        """Return the REST collection, such as networks."""
        return self.id.split(".")[1]

    @property
    def verb(self) -> str:
        """Return the last part of the id, such as insert."""
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
        # The HTTP method and the number of path segments narrow a thousand routes down to a few.
        # Each request is matched with those only.
        self._routes: dict[tuple[str, int], list[Method]] = {}
        for method in self.methods.values():
            key = method.http_method, method.path.count("/")
            self._routes.setdefault(key, []).append(method)

    def match(self, http_method: str, path: str) -> tuple[Method, dict[str, str]]:
        """Return the method and the path parameters of a request; refuse an unknown route."""
        for method in self._routes.get((http_method, path.count("/")), []):
            if found := method.pattern.fullmatch(path):
                return method, found.groupdict()
        raise errors.ApiError(404, "notFound", f"Not Found: {http_method} {path}")

    def check_path(self, method: Method, values: dict[str, str]) -> None:
        """Refuse path parameters that do not match the pattern of the document."""
        for name, value in values.items():
            pattern = method.parameters[name].get("pattern")
            if pattern and not re.fullmatch(pattern, value):
                raise errors.invalid(name, value, f"Must be a match of regex '{pattern}'")

    def check_query(self, method: Method, query: dict[str, str]) -> None:
        """Refuse unknown query parameters, `fields`, and the lack of a required one."""
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
        # The double always answers in full, so a client could use fields that it did not ask for.
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
    """Return the document of the installed google-api-python-client, read once a process.

    Raises RuntimeError if the package is not installed.
    """
    # Only a data file is needed, so the package is located without an import, which takes longer.
    spec = importlib.util.find_spec("googleapiclient")
    if spec is None or spec.origin is None:
        raise RuntimeError("google-api-python-client is not installed; see requirements-dev.in")
    documents = Path(spec.origin).parent / "discovery_cache" / "documents"
    return Discovery(json.loads((documents / "compute.v1.json").read_text(encoding="utf-8")))
