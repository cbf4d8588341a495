"""What every part of the configuration has in common."""

import difflib
import json
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
"""A name that people give in the config. It becomes part of a path."""


class Spec(BaseModel):
    """A part of the configuration: immutable, and an unknown key is an error that names the nearest known one."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = [key for key in data if key not in cls.model_fields]
            if unknown:
                known = cls.model_fields
                raise ValueError("\n".join(f'unknown key "{key}"{nearest(str(key), known)}' for key in unknown))
        return data

    def canonical(self) -> str:
        """One JSON string for one meaning: sorted keys, defaults filled in, no blanks.

        It is what Snakemake compares, what a stage is called with and what its output repeats.
        """
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of an error message: `; did you mean "…"?`, or the known words where none is near."""
    words = [str(one) for one in known]
    matches = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if matches:
        return f'; did you mean "{matches[0]}"?'
    return f"; known: {', '.join(sorted(words)) or 'none'}"
