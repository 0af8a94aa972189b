"""Config: the provider's configuration, from the stack and the environment.

Accepts the options in `_KEYS`; the environment variables are the real plugin's. Refuses other
options, and every endpoint that is not plain http on a loopback address: a stand-in with gaps must
not work on resources of Google Cloud. It never asks Google for a token, so one must be given.
"""

import ipaddress
import json
import os
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from localcloud import go_duration
from localcloud.plugins.gcp.credentials import access_token, refusal_of_key
from localcloud.plugins.provider import Failure, ProviderError
from localcloud.plugins.values import UNKNOWN, Properties

# Variables for each option. The first that is set wins, in the real plugin's order.
_ENVIRONMENT = {
    "project": (
        "GOOGLE_PROJECT",
        "GOOGLE_CLOUD_PROJECT",
        "GCLOUD_PROJECT",
        "CLOUDSDK_CORE_PROJECT",
    ),
    "region": ("GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION"),
    "zone": ("GOOGLE_ZONE", "GCLOUD_ZONE", "CLOUDSDK_COMPUTE_ZONE"),
    "accessToken": ("GOOGLE_OAUTH_ACCESS_TOKEN",),
    "credentials": ("GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON"),
    "computeCustomEndpoint": ("GOOGLE_COMPUTE_CUSTOM_ENDPOINT",),
    "disableGlobalProjectWarning": ("PULUMI_GCP_DISABLE_GLOBAL_PROJECT_WARNING",),
}
_STRATEGY = "pulumiAttributionLabelAdditionStrategy"
_STRATEGIES = ("CREATION_ONLY", "PROACTIVE")
_KEYS = (*_ENVIRONMENT, "defaultLabels", "addPulumiAttributionLabel", "pollInterval", _STRATEGY)
# The real plugin's default, which it also takes for zero.
_POLL_INTERVAL_S = 10.0

NO_PROJECT = """unable to detect a global setting for GCP Project.
Pulumi will rely on per-resource settings for this operation.
Set the GCP Project by using:
    `pulumi config set gcp:project <project>`
If you would like to disable this warning use:
    `pulumi config set gcp:disableGlobalProjectWarning true`"""
_NO_ENDPOINT = (
    "gcp:computeCustomEndpoint is not set: localcloud's stand-in for the gcp plugin talks to a"
    " Compute API on this machine alone; use the real plugin for Google Cloud"
)


@dataclass(frozen=True)
class Config:
    """The configuration that calls on resources use."""

    endpoint: str
    access_token: str = field(repr=False)
    project: str = ""
    region: str = ""
    zone: str = ""
    default_labels: dict[str, str] = field(default_factory=dict)
    attribute: bool = True
    attribute_proactively: bool = False
    warn_of_project: bool = True
    poll_interval_s: float = _POLL_INTERVAL_S

    @classmethod
    def of(cls, args: Properties) -> "Config":
        """Return the configuration that `args` and the environment have.

        Raises ProviderError without a token, or with an endpoint that is not on this machine.
        """
        endpoint = _get(args, "computeCustomEndpoint")
        if not endpoint:
            raise ProviderError(_NO_ENDPOINT)
        _require_loopback(endpoint)
        return cls(
            endpoint=endpoint,
            access_token=access_token(_get(args, "accessToken"), _get(args, "credentials")),
            project=_get(args, "project"),
            # The real plugin takes links here, too.
            region=_get(args, "region").rsplit("/", 1)[-1],
            zone=_get(args, "zone").rsplit("/", 1)[-1],
            default_labels=_parsed(args.get("defaultLabels", {})),
            attribute=_parsed(args.get("addPulumiAttributionLabel", True)),
            attribute_proactively=args.get(_STRATEGY) == "PROACTIVE",
            warn_of_project=_get(args, "disableGlobalProjectWarning").lower() != "true",
            poll_interval_s=_interval(args.get("pollInterval", "")),
        )


def check(news: Properties) -> list[Failure]:
    """Return the reasons to refuse a configuration. Values that are not known yet pass."""
    # `version`, `pluginDownloadURL` and names with two underscores are the engine's own.
    failures = []
    for key in news:
        if key not in (*_KEYS, "version", "pluginDownloadURL") and not key.startswith("__"):
            near = get_close_matches(key, _KEYS, n=1)
            hint = f"Did you mean `gcp:{near[0]}`?" if near else "The stand-in lacks it."
            failures.append(
                Failure(
                    key,
                    f"could not validate provider configuration: Invalid or unknown key"
                    f" `gcp:{key}`. {hint}",
                )
            )
    key = news.get("credentials", "")
    refusal = "" if not key or key is UNKNOWN else refusal_of_key(str(key))
    if refusal:
        reason = f"could not validate provider configuration: {refusal}"
        failures.append(Failure("credentials", reason))
    strategy = news.get(_STRATEGY, _STRATEGIES[0])
    if strategy is not UNKNOWN and strategy not in _STRATEGIES:
        failures.append(Failure(_STRATEGY, f"{strategy!r} is not one of {', '.join(_STRATEGIES)}"))
    return failures


def _get(args: Properties, key: str) -> str:
    if args.get(key):
        return str(args[key])
    return next((os.environ[name] for name in _ENVIRONMENT[key] if os.environ.get(name)), "")


def _interval(text: str) -> float:
    try:
        return (go_duration.seconds(text) if text else 0.0) or _POLL_INTERVAL_S
    except ValueError as error:
        raise ProviderError(f"could not parse poll_interval value: {error}") from None


def _parsed(value: Any) -> Any:
    """Return an option that is not a text. The engine passes such options as JSON."""
    return json.loads(value) if isinstance(value, str) else value


def _require_loopback(endpoint: str) -> None:
    parts = urlsplit(endpoint)
    try:
        here = (
            parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
        )
    except ValueError:
        here = False
    if not here or parts.scheme != "http":
        raise ProviderError(
            f"gcp:computeCustomEndpoint: {endpoint!r} is not on this machine, and localcloud's"
            " stand-in for the gcp plugin talks to http on a loopback address alone"
        )
    # Paths of requests are appended to it. Without the slash the version would get lost.
    if not parts.path.endswith("/"):
        raise ProviderError(
            f"gcp:computeCustomEndpoint: {endpoint!r} must end with a slash, as in"
            " http://127.0.0.1:8080/compute/v1/"
        )
