"""Naming: the parts of names that the program gives to what it makes."""

from typing import Literal

Role = Literal["controller", "worker"]
