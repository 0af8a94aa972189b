"""Place: the project and region of a stack, and the access to its Compute API."""

from dataclasses import dataclass, field

from job.cloud import configuration
from job.cloud.stack import Stack

_KEY_VARIABLES = ("GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Project and region of a stack, with endpoint and credentials of its API."""

    project: str
    region: str
    endpoint: str = ""
    """URL of the Compute API; empty: Google's."""
    access_token: str = field(default="", repr=False)
    """A token, or the path of a file with one."""
    key: str = field(default="", repr=False)
    """A key, or the path of its file. Without key and token: application default credentials."""
    impersonated: str = ""
    """The service account to impersonate; empty: none."""
    delegates: tuple[str, ...] = ()
    """The delegation chain to the impersonated account."""


def place_of(stack: Stack) -> Place:
    """Return a staged stack's place, by its settings or the provider's variables."""
    environ, settings = stack.environment, stack.settings
    given = configuration.provider_settings(stack.configuration)
    token, key = given.get("accessToken", ""), given.get("credentials", "")
    if not token and not key:
        token = environ.get("GOOGLE_OAUTH_ACCESS_TOKEN", "")
        key = configuration.first_of(environ, _KEY_VARIABLES)
    return Place(
        project=settings.project,
        region=settings.region,
        endpoint=given.get("computeCustomEndpoint")
        or environ.get("GOOGLE_COMPUTE_CUSTOM_ENDPOINT", ""),
        access_token=token,
        key=key,
        impersonated=given.get("impersonateServiceAccount")
        or environ.get("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", ""),
        delegates=configuration.items(given.get("impersonateServiceAccountDelegates", "")),
    )
