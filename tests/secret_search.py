"""Secret search: what an unprivileged user of a node can read."""

from collections.abc import Callable, Sequence

_EVERYWHERE = "/etc /home /opt /root /run /srv /tmp /usr/local /var"
_OPTIONS = ("recursive", "devices=skip", "no-messages", "files-with-matches", "fixed-strings")


def assert_nobody_reads(ask: Callable[[str, str], str], secrets: Sequence[str]) -> None:
    """Search a node for secrets as nobody. Root finds them, so the search itself works.

    `ask` runs a command on the node with the given standard input, and returns its output.
    """
    options = " ".join(f"--{option}" for option in (*_OPTIONS, "file=-"))
    find = f"grep {options} {_EVERYWHERE}"
    patterns = "\n".join(secrets)
    found_by_root = ask(f"sudo {find}", patterns)
    assert "/etc/devstack-node/local.conf\n" in found_by_root
    found_by_nobody = ask(f"sudo --user=nobody {find}", patterns)
    assert found_by_nobody == ""
