"""Checks: the stand-in's E2E tests, which use the cloud with openstacksdk and HTTP."""

import io
import json
import os
import stat
import tarfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import openstack
from openstack.config import OpenStackConfig
from suite import IMAGE

_WANTED = (
    "ARTIFACTS",
    "OPENSTACK_CLOUD",
    "OPENSTACK_CLOUD_CACERT_B64",
    "OPENSTACK_CLOUD_YAML_FILE",
    "OPENSTACK_DNS_NAMESERVERS",
    "OPENSTACK_EXTERNAL_NETWORK_NAME",
    "OPENSTACK_FAILURE_DOMAIN",
    "OPENSTACK_FAILURE_DOMAIN_ALT",
    "E2E_IMAGE_URL",
)
# Conformance uses neither the second AZ nor the uploaded image.
_CONFORMANCE_CHECKS = ["environment", "clouds", "identity", "floating"]
_FETCH_TIMEOUT_S = 60
# The cloud is reached directly, not by a proxy of this machine.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def run_tests(target: str, *, failed: bool) -> bool:
    """Run the checks, write their JUnit report and return whether all passed."""
    named = os.environ.get("STANDIN_CHECKS")
    wanted = list(CHECKS) if target == "test-e2e" else _CONFORMANCE_CHECKS
    errors: dict[str, str] = {}
    for name in wanted if named is None else named.split():
        try:
            CHECKS[name]()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test has failed
            errors[name] = f"{type(error).__name__}: {error}"
        else:
            errors[name] = ""
        print(f"suite: {name}: {errors[name] or 'passed'}", flush=True)
    if failed:
        errors["asked to fail"] = "STANDIN_FAIL"
    write_junit(target, errors)
    return not any(errors.values())


def write_junit(target: str, errors: dict[str, str]) -> None:
    """Write a report in ginkgo's form, to the file that the real suite writes."""
    count = str(sum(map(bool, errors.values())))
    root = ET.Element("testsuites", tests=str(len(errors)), failures=count)
    suite = ET.SubElement(root, "testsuite", name=target, tests=str(len(errors)), failures=count)
    for name, error in errors.items():
        case = ET.SubElement(suite, "testcase", name=name, classname=target, time="0")
        if error:
            ET.SubElement(case, "failure", message=error)
    name = "e2e_suite" if target == "test-e2e" else "conformance_suite"
    path = Path(os.environ["ARTIFACTS"], f"junit.{name}.1.xml")
    path.write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def require(claim: object, text: str) -> None:
    """Raise ValueError with the text unless the claim holds."""
    if not claim:
        raise ValueError(text)


def check_environment() -> None:
    """Require the variables of e2e_conf.yaml; refuse any that would select another cloud."""
    missing = [name for name in _WANTED if not os.environ.get(name)]
    require(not missing, f"not set: {missing}")
    others = [name for name in os.environ if name.startswith(("OS_", "PULUMI_"))]
    require(not others, f"set: {others}")


def clouds_yaml() -> Path:
    """Return the path of the file that make was given."""
    return Path(os.environ["OPENSTACK_CLOUD_YAML_FILE"])


def cloud(name: str) -> dict[str, Any]:
    """Return one cloud of clouds.yaml, as openstacksdk reads it."""
    config = OpenStackConfig(
        config_files=[str(clouds_yaml())], secure_files=[], vendor_files=[], load_envvars=False
    )
    found: dict[str, Any] = config.get_one(cloud=name).config
    return found


def check_clouds() -> None:
    """Require that clouds.yaml is private, outside the artifacts, and has both clouds."""
    path = clouds_yaml()
    require(path.is_absolute(), f"{path} is not absolute")
    require(stat.S_IMODE(path.stat().st_mode) == 0o600, f"{path} is not 0600")
    inside = path.resolve().is_relative_to(Path(os.environ["ARTIFACTS"]).resolve())
    require(not inside, f"{path} is among the artifacts")
    for name, user in (("capo-e2e", "demo"), ("capo-e2e-admin", "admin")):
        found = cloud(name)
        names = (found["auth"]["username"], found["auth"]["project_name"], found["region_name"])
        require(names == (user, user, "RegionOne"), f"{name} is of {names}")
        require(found["auth"]["password"], f"{name} has no password")
        require(found["verify"] is False, f"{name} verifies a certificate that there is not")


def fetch(url: str) -> bytes:
    """Return the body of an HTTP answer."""
    with closing(_DIRECT.open(url, timeout=_FETCH_TIMEOUT_S)) as answer:
        body: bytes = answer.read()
        return body


def check_identity() -> None:
    """Require that the identity API lists its versions."""
    url = os.environ.get("STANDIN_IDENTITY_URL") or cloud("capo-e2e")["auth"]["auth_url"]
    document = json.loads(fetch(url))
    require(document.keys() & {"version", "versions"}, f"{url} is no identity API")


def check_floating() -> None:
    """Require an answer from a floating address, within STANDIN_FLOATING_S if that is set."""
    deadline = time.monotonic() + float(os.environ.get("STANDIN_FLOATING_S", "0"))
    while True:
        try:
            fetch(os.environ["STANDIN_FLOATING_URL"])
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return


def check_image() -> None:
    """Require that E2E_IMAGE_URL serves the archive with CAPO's image."""
    with tarfile.open(fileobj=io.BytesIO(fetch(os.environ["E2E_IMAGE_URL"]))) as archive:
        manifest = archive.extractfile("manifest.json")
        require(manifest, "the archive has no manifest")
        tags = json.load(manifest)[0]["RepoTags"]  # type: ignore[arg-type] # just required
    require(tags == [IMAGE], f"the archive holds {tags}")


def check_second_az() -> None:
    """Wait until the second AZ appears, as CAPO's multi-AZ test does."""
    wanted = os.environ["OPENSTACK_FAILURE_DOMAIN_ALT"]
    deadline = time.monotonic() + float(os.environ.get("STANDIN_SECOND_AZ_S", "600"))
    while wanted not in (zones := availability_zones()):
        require(time.monotonic() < deadline, f"no {wanted} among {sorted(zones)}")
        time.sleep(0.5)


def availability_zones() -> set[str]:
    """Return the AZs that Nova reports as available."""
    url = os.environ.get("STANDIN_SECOND_AZ_URL")
    if url:
        document = json.loads(fetch(url))["availabilityZoneInfo"]
        return {zone["zoneName"] for zone in document if zone["zoneState"]["available"]}
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(clouds_yaml())
    with closing(openstack.connect(cloud="capo-e2e")) as connection:
        return {
            zone.name for zone in connection.compute.availability_zones() if zone.state["available"]
        }


CHECKS: dict[str, Callable[[], None]] = {
    "environment": check_environment,
    "clouds": check_clouds,
    "identity": check_identity,
    "floating": check_floating,
    "image": check_image,
    "second-az": check_second_az,
}
