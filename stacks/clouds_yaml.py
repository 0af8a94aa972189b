"""clouds.yaml: client configuration for a tenant and for the administrator."""

import yaml

TENANT_CLOUD = "capo-e2e"
ADMIN_CLOUD = "capo-e2e-admin"


def clouds_yaml(host: str, admin_password: str) -> str:
    """Return the text of a clouds.yaml. DevStack gives its demo user the admin password."""
    users = {TENANT_CLOUD: "demo", ADMIN_CLOUD: "admin"}
    clouds = {
        cloud: {
            "auth": {
                "auth_url": f"http://{host}/identity",
                "username": user,
                "password": admin_password,
                "project_name": user,
                "user_domain_id": "default",
                # gophercloud and CAPO's cloud.conf do not read project_domain_id.
                "domain_id": "default",
            },
            "region_name": "RegionOne",
            "verify": False,
        }
        for cloud, user in users.items()
    }
    return yaml.safe_dump({"clouds": clouds}, sort_keys=False)
