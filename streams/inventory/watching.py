"""Which conditions are looked for, and with what parameters."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

Conditions = Annotated[Mapping[str, Literal[False] | Mapping[str, Any]], Field(max_length=50)]
"""Parameters by kind of condition; false: it is not looked for."""
