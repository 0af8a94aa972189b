"""Pruning: which images a bake deletes."""

from hypothesis import given
from hypothesis import strategies as st

from job.bake.pruning import spare

PROJECT = "projects/p/global/images"
IMAGES = st.lists(
    st.tuples(
        st.sampled_from(["capo-e2e-controller", "capo-e2e-worker"]),
        st.sampled_from(["READY", "FAILED", "PENDING", "DELETING"]),
        st.integers(0, 9),
        st.booleans(),
    ),
    max_size=12,
)


def body(number, family, status, day):
    return {
        "name": f"image-{number}",
        "selfLink": f"https://compute.googleapis.com/compute/v1/{PROJECT}/image-{number}",
        "family": family,
        "status": status,
        "creationTimestamp": f"2026-11-0{day}T00:00:00.000-08:00",
    }


@given(IMAGES, st.integers(1, 4))
def test_the_newest_and_the_used_ones_stay(images, keep):
    """All others that are READY go, and so does what failed; what is being made is left alone."""
    bodies = [body(number, *image[:3]) for number, image in enumerate(images)]
    used = {f"{PROJECT}/image-{number}" for number, image in enumerate(images) if image[3]}
    gone = {each["name"] for each in spare(bodies, keep, used)}

    for family in {each["family"] for each in bodies}:
        ready = [each for each in bodies if (each["family"], each["status"]) == (family, "READY")]
        left = [each for each in ready if each["name"] not in gone]
        newest = sorted(ready, key=lambda each: each["creationTimestamp"])[-keep:]
        assert len(left) >= min(keep, len(ready))
        oldest_kept = min((each["creationTimestamp"] for each in newest), default="")
        for each in ready:
            if each["name"] in gone:
                assert each["creationTimestamp"] <= oldest_kept
                assert f"{PROJECT}/{each['name']}" not in used
            elif each["creationTimestamp"] < oldest_kept:
                assert f"{PROJECT}/{each['name']}" in used
    for each in bodies:
        if each["status"] != "READY":
            assert (each["name"] in gone) == (each["status"] == "FAILED")
