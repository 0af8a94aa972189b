"""Image archive: it is served completely or not at all."""

ARCHIVE = "var/www/html/capo-e2e-image.tar"


def receive(node, text):
    return node.run("bash", "-c", f"printf '{text}' | devstack-image-receive")


def test_what_comes_is_kept_for_everyone_to_read(controller):
    done = receive(controller, "the archive")

    assert done.returncode == 0, done.stderr
    kept = controller.root / ARCHIVE
    assert kept.read_text() == "the archive"
    assert kept.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_a_second_one_takes_the_place_of_the_first(controller):
    receive(controller, "the first")
    receive(controller, "other")

    assert (controller.root / ARCHIVE).read_text() == "other"
