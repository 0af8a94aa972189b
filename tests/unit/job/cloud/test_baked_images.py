"""Baked images: which image a node starts from, and what is said if there is none."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from host.ending import EndedError
from host.errors import JobError
from job.cloud import configuration, stack
from job.cloud.baked_images import BakedImages
from localcloud.compute_api.faults import Fault
from stacks.baked_images import describe, family_of, labels_of, name_of
from stacks.image_key import image_key

URN = "urn:pulumi:ci::devstack::devstack:index:DevStack$gcp:compute/instance:Instance::"
IMAGE = "'projects/images/global/images/x'"
FIELD = "'resource.disks[0].initializeParams.sourceImage'"
GONE = {
    "missing": f"Error creating instance: googleapi: Error 404: The resource {IMAGE} was not"
    " found, notFound",
    "field": f"googleapi: Error 400: Invalid value for field {FIELD}: {IMAGE}. The referenced image"
    " resource cannot be found., invalid",
    "closed": "googleapi: Error 403: Required 'compute.images.useReadOnly' permission for"
    f" {IMAGE}, forbidden",
}
FULL = "googleapi: Error 503: The zone is full, ZONE_RESOURCE_POOL_EXHAUSTED"
POLICY = (
    "googleapi: Error 412: Constraint constraints/gcp.resourceLocations violated for"
    " 'zones/us-east4-a', conditionNotMet"
)
NOW = datetime.now(UTC)


@pytest.fixture
def of(api, pulumi, environ, tmp_path):
    """Return the choice of a stack with these settings, which prefer images of project `images`."""

    def make(project="images", days=0, **given):
        path = tmp_path / "settings.yaml"
        given = {"bakedImages": "prefer", "bakedImageProject": project} | given
        config = {f"devstack:{key}": value for key, value in given.items()}
        path.write_text(json.dumps({"config": {"gcp:project": "capo"} | config}))
        access = {
            "GOOGLE_COMPUTE_CUSTOM_ENDPOINT": api.url,
            "GOOGLE_OAUTH_ACCESS_TOKEN": "any",
        }
        staged = stack.stage("ci", environ | access, settings=path)
        said = []
        engine = replace(pulumi, stack=staged, say=said.append)
        made = BakedImages(engine, now=lambda: NOW + timedelta(days=days))
        made.said = said
        return made

    return make


@pytest.fixture
def bake(api):
    """Put an image of a role into the double; return its name."""
    suffixes = iter(f"{number:04}" for number in range(100))

    def put(role="controller", age_days=2, project="images", body=(), **given):
        config = {f"devstack:{key}": value for key, value in given.items()}
        settings, problems = configuration.parse(config, stack="bake", project="capo")
        assert not problems
        key = image_key(settings, role)
        name = name_of("capo-e2e", role, NOW, next(suffixes))
        made = api.publish_image(project, family_of("capo-e2e", role), name)
        made |= {
            "labels": labels_of(role, key, settings.release, NOW),
            "description": describe(key, {"openstack/nova": "0123abc"}),
            "creationTimestamp": (NOW - timedelta(days=age_days, minutes=5)).isoformat(),
        }
        made |= dict(body)
        return name

    return put


def staged(images):
    """Return the staged images by role, without the project of the images."""
    document = yaml.safe_load(images.pulumi.stack.settings_path.read_text())
    keys = {role: f"devstack:{role}BakedImage" for role in ("controller", "worker")}
    return {
        role: document["config"][key].removeprefix("images/")
        for role, key in keys.items()
        if key in document["config"]
    }


def told(images, role="controller"):
    """Return the lines about a role."""
    return [line.strip() for line in images.said if f" {role}: " in line]


def node(role, image):
    """Return a node as the state has it."""
    return {
        "type": "gcp:compute/instance:Instance",
        "urn": URN + role,
        "inputs": {"zone": "z", "bootDisk": {"initializeParams": {"image": image}}},
    }


def path_of(name):
    return f"projects/images/global/images/{name}"


def test_without_the_setting_no_image_is_looked_for(api, of, bake):
    bake()
    images = of(bakedImages="never")
    images.choose([])

    assert (staged(images), images.said, api.requests("images")) == ({}, [], [])


def test_each_node_starts_from_the_newest_image_that_fits(of, bake):
    bake(age_days=3)
    newest, worker = bake(age_days=1), bake(role="worker")
    bake(age_days=2)
    images = of(clusterName="other", primaryAz="another", sshUser="me")
    images.choose([])

    assert staged(images) == {"controller": newest, "worker": worker}
    assert told(images) == [f"job: controller: from image {newest} (built 1 day ago)"]
    assert told(images, "worker") == [f"job: worker: from image {worker} (built 2 days ago)"]


def test_an_image_of_today_is_told_so(of, bake):
    name = bake(age_days=0)
    images = of()
    images.choose([])

    assert told(images) == [f"job: controller: from image {name} (built today)"]


def test_the_stacks_own_project_is_the_default(of, bake):
    bake(project="capo")
    images = of(project="")
    images.choose([])

    assert staged(images)["controller"].startswith("capo/capo-e2e-controller-")


def test_a_leased_project_is_the_stacks_own(of, bake):
    bake(project="leased")
    images = of(project="")
    images.pulumi = replace(images.pulumi, stack=images.pulumi.stack.in_project("leased"))
    images.choose([])

    assert staged(images)["controller"].startswith("leased/")


def test_without_a_worker_none_is_chosen_for_it(of, bake):
    bake(role="worker")
    images = of(worker=False)
    images.choose([])

    assert staged(images) == {"controller": ""}
    assert told(images, "worker") == []


def test_all_pages_are_read(of, bake):
    """The API returns at most 500 images at once."""
    for _ in range(4):
        bake(age_days=5, release="2025.1", operatingSystem="debian-12")
    newest = bake(age_days=1)
    images = of()
    search = images._search(images.pulumi.stack.settings)
    whole = search.client.images().list

    class Paged:
        def list(self, **given):
            return whole(**given, maxResults=2)

        list_next = search.client.images().list_next

    paged = replace(search, client=type("Client", (), {"images": lambda _: Paged()})())

    assert paged.newest("controller", NOW).image.name == newest


MISFITS = {
    "release": (
        {"release": "2025.1"},
        "nearest {name} differs in release (2025.1, here 2025.2)",
    ),
    "operating system": (
        {"operatingSystem": "debian-12"},
        "nearest {name} differs in operatingSystem (debian-12, here ubuntu-22.04)",
    ),
    "too old": (
        {"age_days": 20},
        "the newest that fits is 20 days old, and bakedImageMaxAgeDays is 14",
    ),
    "another role": ({"role": "worker"}, "there is none in images"),
    "pending": ({"body": {"status": "PENDING"}}, "there is none in images"),
    "no labels": ({"body": {"labels": {}}}, "there is none in images"),
    "no key": (
        {"body": {"labels": {"devstack-image": "controller"}}},
        "there is none in images",
    ),
    "deprecated": ({"body": {"deprecated": {"state": "DEPRECATED"}}}, "there is none in images"),
    "malformed": (
        {"release": "2025.1", "body": {"description": "{"}},
        "nearest {name} does not say what made it",
    ),
    "key alone": (
        {"body": {"labels": {"devstack-image": "controller", "devstack-key": "0" * 32}}},
        "nearest {name} differs in its key alone",
    ),
}


@pytest.mark.parametrize(("given", "reason"), MISFITS.values(), ids=MISFITS)
def test_without_a_fitting_image_the_node_is_built_and_a_line_says_why(of, bake, given, reason):
    reason = reason.format(name=bake(**given))
    images = of()
    images.choose([])

    assert staged(images)["controller"] == ""
    assert told(images) == [f"job: controller: no baked image fits; {reason}; building it"]


@pytest.mark.parametrize(("given", "reason"), MISFITS.values(), ids=MISFITS)
def test_a_required_image_that_does_not_fit_is_an_error(of, bake, given, reason):
    reason = reason.format(name=bake(**given))
    images = of(bakedImages="require")
    with pytest.raises(JobError) as raised:
        images.choose([])

    assert raised.value.kind == "configuration"
    assert str(raised.value) == (
        f"controller: no baked image fits; {reason}; bake one with these settings, or set"
        " devstack:bakedImages to prefer to build without one"
    )


def test_an_image_with_a_malformed_description_fits_by_its_key(of, bake):
    name = bake(body={"description": "[1]"})
    images = of()
    images.choose([])

    assert staged(images)["controller"] == name


def test_of_several_the_nearest_is_named(of, bake):
    bake(age_days=1, release="2025.1", operatingSystem="debian-12", mtu=1500)
    near = bake(age_days=9, mtu=1500)
    images = of()
    images.choose([])

    assert f"nearest {near} differs in mtu (1500, here 1460)" in told(images)[0]


def test_a_younger_limit_is_kept_to(of, bake):
    bake(age_days=2)
    images = of(bakedImageMaxAgeDays=1)
    images.choose([])

    assert "is 2 days old, and bakedImageMaxAgeDays is 1" in told(images)[0]


def test_the_text_of_a_file_is_part_of_the_key(of, bake, tmp_path):
    """`up` does not read the file until the program runs."""
    bake()
    (tmp_path / "overlay").write_text("DEBUG=True\n")
    images = of(localConfFile=str(tmp_path / "overlay"))
    images.choose([])

    assert "differs in localConfExtra; building it" in told(images)[0]


@pytest.fixture
def closed(api):
    """Deny the account the list of images in project `images`."""
    api.deny("images.list")
    return "images in images cannot be read: Required 'compute.images.list' permission for"


def test_a_project_that_may_not_be_read_is_a_line_and_the_nodes_are_built(of, bake, closed):
    bake()
    images = of()
    images.choose([])

    assert staged(images) == {"controller": "", "worker": ""}
    [line] = told(images)
    assert line.startswith(f"job: controller: {closed} 'projects/images' (403 forbidden); give")
    assert line.endswith("; building it")


def test_a_project_that_may_not_be_read_is_an_error_if_an_image_is_required(of, bake, closed):
    bake()
    images = of(bakedImages="require")
    with pytest.raises(JobError) as raised:
        images.choose([])

    assert raised.value.kind == "configuration"
    assert str(raised.value).startswith(f"controller: {closed}")
    assert "give the account roles/compute.imageUser there" in str(raised.value)


def test_a_project_that_does_not_exist_is_named(of, api):
    api.refuse_project("images", 404)
    images = of()
    images.choose([])

    assert "images in images cannot be read: " in told(images)[0]


def test_a_run_that_ends_meanwhile_ends(of, api):
    """An end is no reason to build."""
    api.add_fault(Fault(method="images.list", kind="error", status=503, times=99))
    images = of()
    images.pulumi.ending.ask(EndedError("ended", 15))

    with pytest.raises(EndedError):
        images.choose([])


def test_an_image_that_a_person_names_is_left_alone(of, bake):
    bake()
    images = of(controllerBakedImage="mine/image")
    images.choose([])

    assert staged(images) == {"controller": "mine/image", "worker": ""}
    assert told(images) == []


@pytest.mark.parametrize(
    "given", [{"bakedImages": "prefer"}, {"controllerBakedImage": "images/mine"}]
)
def test_a_node_that_is_to_be_built_starts_from_none(of, bake, given):
    """Its image was of no use, although it fits, or a person named it."""
    present = path_of(bake())
    images = of(**given)
    images.choose([node("controller", present)], built=["controller"])

    assert staged(images)["controller"] == ""


def test_a_node_that_exists_keeps_its_image(of, bake):
    """A newer image would replace a running node."""
    older, _ = bake(age_days=30), bake(age_days=1)
    images = of()
    images.choose([node("controller", path_of(older))])

    assert staged(images)["controller"] == older
    assert told(images) == []


@pytest.mark.parametrize(
    "image", ["projects/ubuntu-os-cloud/global/images/family/f", "projects/p/global/images/x-1"]
)
def test_a_node_that_was_built_stays_as_it_is(of, bake, image):
    bake()
    images = of()
    images.choose([node("controller", image)])

    assert staged(images)["controller"] == ""
    assert told(images) == []


def test_a_node_keeps_its_image_when_images_are_no_longer_wanted(of, bake):
    name = bake()
    images = of(bakedImages="never")
    images.choose([node("controller", path_of(name))])

    assert staged(images)["controller"] == name


def test_a_node_whose_settings_have_changed_gets_another_image(of, bake):
    """They replace the node, which must not start from an image of the old settings."""
    old, new = bake(release="2025.1"), bake()
    images = of()
    images.choose([node("controller", path_of(old))])

    assert staged(images)["controller"] == new


def test_it_is_built_if_images_are_no_longer_wanted(of, bake):
    old = bake(release="2025.1")
    images = of(bakedImages="never")
    images.choose([node("controller", path_of(old))])

    assert staged(images)["controller"] == ""


@pytest.mark.parametrize("denied", [False, True])
def test_an_image_that_cannot_be_compared_is_kept(of, api, denied):
    """It may have been deleted since, and the node still runs."""
    name = name_of("capo-e2e", "controller", NOW, "gone")
    if denied:
        api.deny("images.get")
    images = of()
    images.choose([node("controller", path_of(name))])

    assert staged(images)["controller"] == name


def test_a_node_that_is_to_be_deleted_does_not_count(of, bake):
    name = bake()
    images = of()
    images.choose([node("controller", "projects/p/global/images/x") | {"delete": True}])

    assert staged(images)["controller"] == name


def test_invalid_settings_are_left_to_the_program(of, bake):
    """It reports all problems at once."""
    bake()
    images = of(release="2020.1", projectRefs=["unknown=main"])
    images.choose([])

    assert (staged(images), images.said) == ({}, [])


def failed(tmp_path, *texts, role="controller"):
    """Return the event logs of a run in which a node failed so."""
    path = tmp_path / "up-01.jsonl"
    events = [
        {"diagnosticEvent": {"urn": URN + role, "message": text, "severity": "error"}}
        for text in texts
    ]
    path.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    return [path]


@pytest.fixture
def chosen(of, bake):
    """Choose an image for both nodes."""
    bake()
    bake(role="worker")

    def choose(**given):
        images = of(**given)
        images.choose([])
        images.said.clear()
        return images

    return choose


@pytest.mark.parametrize("text", GONE.values(), ids=GONE)
def test_a_node_whose_image_is_gone_is_built(chosen, tmp_path, text):
    """It may be deleted between the choice and the creation of the instance."""
    images = chosen()
    before = staged(images)
    said = []

    assert images.move_on(failed(tmp_path, text, text), said.append)
    assert staged(images) == {"controller": "", "worker": before["worker"]}
    [line] = said
    assert line.startswith(f"controller: image images/{before['controller']} cannot be used (")
    assert line.endswith("; building it")


def test_it_is_built_once_and_a_second_failure_is_one(chosen, tmp_path):
    """Then it is the system's own image that is missing."""
    images = chosen()
    logs = failed(tmp_path, GONE["missing"])

    assert images.move_on(logs, lambda _: None)
    assert not images.move_on(logs, lambda _: None)


@pytest.mark.parametrize("text", GONE.values(), ids=GONE)
def test_a_required_image_that_is_gone_is_an_error(chosen, tmp_path, text):
    """It is no fault of the configuration, because a second run may choose another image."""
    images = chosen(bakedImages="require")
    with pytest.raises(JobError) as raised:
        images.move_on(failed(tmp_path, text), lambda _: None)

    assert raised.value.kind == "unknown"
    assert "controller: image images/capo-e2e-controller-" in str(raised.value)
    assert "run 'up' again to choose another one, or set devstack:bakedImages to prefer" in str(
        raised.value
    )


def test_a_full_zone_beside_it_does_not_stop_the_build(chosen, tmp_path):
    """The next run shows it again, and then the node moves on."""
    assert chosen().move_on(failed(tmp_path, GONE["missing"], FULL), lambda _: None)


@pytest.mark.parametrize("texts", [[POLICY], [GONE["missing"], POLICY], [FULL], []])
def test_nothing_is_built_for_another_failure(chosen, tmp_path, texts):
    images = chosen()
    before = staged(images)

    assert not images.move_on(failed(tmp_path, *texts), lambda _: None)
    assert staged(images) == before


def test_an_image_that_a_person_names_is_not_given_up(of, tmp_path):
    images = of(controllerBakedImage="mine/image")
    images.choose([])

    assert not images.move_on(failed(tmp_path, GONE["missing"]), lambda _: None)
    assert staged(images)["controller"] == "mine/image"
