"""Go duration: texts such as `1h30m`, as Go's time.ParseDuration reads them.

A number without a unit is refused, as in Go; only 0 needs none.
"""

import re

_UNITS_S = {
    "h": 3600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "\u00b5s": 1e-6,  # the micro sign
    "\u03bcs": 1e-6,  # the Greek letter
    "ns": 1e-9,
}
_UNITS = "|".join(sorted(_UNITS_S, key=len, reverse=True))
_PART = re.compile(rf"(\d+\.?\d*|\.\d+)({_UNITS})")


def seconds(text: str) -> float:
    """Return a duration in seconds, which may be negative. Raises ValueError with Go's words."""
    sign, rest = (text[0], text[1:]) if text[:1] in {"+", "-"} else ("", text)
    # findall skips what does not fit, so the parts together must be the whole text.
    parts = _PART.findall(rest)
    if rest != "0" and (not parts or "".join(number + unit for number, unit in parts) != rest):
        raise ValueError(f'time: invalid duration "{text}"')
    total = sum(float(number) * _UNITS_S[unit] for number, unit in parts)
    return -total if sign == "-" else total
