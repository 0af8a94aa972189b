"""Images: which names are equivalent, as in the real plugin."""

import pytest

from localcloud.plugins.gcp.images import same_image

LINK = "https://www.googleapis.com/compute/v1/projects/{}/global/images/{}"
NOBLE = LINK.format("ubuntu-os-cloud", "ubuntu-2404-noble-amd64-v20260115")
JAMMY = LINK.format("ubuntu-os-cloud", "ubuntu-2204-jammy-v20260115")
BOOKWORM = LINK.format("debian-cloud", "debian-12-bookworm-v20260110")
ARM = LINK.format("debian-cloud", "debian-12-bookworm-arm64-v20260110")
STREAM = LINK.format("centos-cloud", "centos-stream-9-v20260110")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (NOBLE, "projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-amd64"),
        (NOBLE, "projects/ubuntu-os-cloud/global/images/ubuntu-2404-noble-amd64-v20260115"),
        (NOBLE, NOBLE),
        (NOBLE, "ubuntu-os-cloud/ubuntu-2404-lts-amd64"),
        (NOBLE, "family/ubuntu-2404-lts-amd64"),
        (NOBLE, "global/images/family/ubuntu-2404-lts-amd64"),
        (NOBLE, "ubuntu-2404-lts-amd64"),
        (NOBLE, "ubuntu/ubuntu-2404-lts-amd64"),
        (JAMMY, "projects/ubuntu-os-cloud/global/images/family/ubuntu-2204-lts"),
        (BOOKWORM, "projects/debian-cloud/global/images/family/debian-12"),
        (BOOKWORM, "debian-cloud/debian-12"),
        (ARM, "debian-cloud/debian-12-arm64"),
        (STREAM, "projects/centos-cloud/global/images/family/centos-stream-9"),
    ],
)
def test_spellings_of_one_image(old, new):
    """A family is equivalent to any image whose name shows that it belongs to it."""
    assert same_image(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (NOBLE, "projects/ubuntu-os-cloud/global/images/family/ubuntu-2204-lts"),
        (NOBLE, "projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-arm64"),
        (NOBLE, "projects/ubuntu-os-cloud/global/images/ubuntu-2404-noble-amd64-v20260201"),
        (NOBLE, "projects/my-project/global/images/family/ubuntu-2404-lts-amd64"),
        (BOOKWORM, "debian-cloud/debian-13"),
        (BOOKWORM, "debian-cloud/debian-12-arm64"),
        (ARM, "debian-cloud/debian-12"),
        ("not a link", "debian-12"),
        (BOOKWORM, "https://example.com/image.tar"),
    ],
)
def test_other_images(old, new):
    """A different image replaces the instance."""
    assert not same_image(old, new)


@pytest.mark.parametrize(
    "image",
    ["ubuntu-os-cloud/ubuntu-2404-lts-amd64", "ubuntu-2404-lts-amd64", "debian-cloud/debian-12"],
)
def test_short_names_are_resolved_by_asking(gcp, image):
    """A name is tried as an image, as a family, then in the public project of that name."""
    params = {"initializeParams": {"image": image, "size": 50, "type": "pd-ssd"}}
    made = gcp.instance(bootDisk=params)
    project = "debian-cloud" if "debian" in image else "ubuntu-os-cloud"
    assert f"/{project}/" in made.state["bootDisk"]["initializeParams"]["image"]
    assert gcp.changes(made) == {}
