"""Tell: prints all variables and clouds.yaml in many encodings, as a careless program might."""

import base64
import html
import json
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus


def texts() -> Iterator[str]:
    """Yield all texts that may hold a secret: variables and clouds.yaml."""
    yield from os.environ.values()
    for argument in sys.argv:
        _, _, path = argument.partition("OPENSTACK_CLOUD_YAML_FILE=")
        if path:
            yield Path(path).read_text(encoding="utf-8")


def spellings(text: str) -> Iterator[str]:
    """Yield the text in the encodings that programs commonly print."""
    content = text.encode()
    yield text
    yield json.dumps(text)
    yield json.dumps({"text": json.dumps(text, ensure_ascii=False)})
    yield quote(text, safe="")
    yield quote_plus(text)
    yield shlex.quote(text)
    yield repr(text)
    yield html.escape(text)
    yield json.dumps(text).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    for before in range(3):
        yield base64.b64encode(b"u:;"[:before] + content + b";").decode()
        yield base64.urlsafe_b64encode(b"u:;"[:before] + content).decode()


for known in texts():
    for spelled in spellings(known):
        print(f"told: {spelled}", file=sys.stderr if len(known) % 2 else sys.stdout)
