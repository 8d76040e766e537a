"""Two kinds of model that scenario files are made of: no unknown key, and exactly one key."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import Self


class Strict(BaseModel):
    """A mapping in which every key is known; it cannot change once read."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True, strict=False
    )


class OneOf(Strict):
    """A mapping with exactly one key, which says what kind of thing it is."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name, value in self if value is not None]
        if len(given) != 1:
            names = ", ".join(field.alias or name for name, field in type(self).model_fields.items())
            raise PydanticCustomError("one_of", "expected exactly one of {names}", {"names": names})
        return self

    @property
    def kind(self) -> str:
        """The name of the one key."""
        return next(name for name, value in self if value is not None)

    @property
    def body(self) -> Any:
        """What stands under the one key."""
        return getattr(self, self.kind)
