"""Binaries that stand for the compiled tests of one package, and for Go's converter."""

import json

import pytest

# It prints the events of the first of the chosen tests that has a file.
_CONVERTER = """\
#!/bin/sh
for word; do case $word in -test.run=*) chosen=$word;; esac; done
for file in "$(dirname "$0")"/*.events; do
  name=$(basename "$file" .events)
  case $chosen in *"($name|"*|*"($name)"*) cat "$file"; exit 2;; esac
done
echo "cannot run" >&2
exit 1
"""


@pytest.fixture
def binaries(tmp_path):
    """Return the folder of the programs. The package has three tests."""
    folder = tmp_path / "binaries"
    folder.mkdir()
    for name, text in {
        "test2json": _CONVERTER,
        "compute-v2.test": "#!/bin/sh\nprintf '%s\\n' TestB TestA TestAvailabilityZonesList\n",
    }.items():
        path = folder / name
        path.write_text(text)
        path.chmod(0o755)
    return folder


@pytest.fixture
def behaves(binaries):
    """Let a test print events, (action, output)."""

    def write(name, *events):
        text = "".join(
            json.dumps({"Action": action, "Test": name, "Output": output}) + "\n"
            for action, output in events
        )
        (binaries / f"{name}.events").write_text(text)

    return write
