"""Global addresses: what gcloud asks for beside regional ones; reserving one is not offered."""

from localcloud.compute_api.listing import list_of
from localcloud.compute_api.resources.common import get_of

METHODS = {
    "globalAddresses.get": get_of("addresses", "address"),
    "globalAddresses.list": list_of("addresses", "address"),
}
