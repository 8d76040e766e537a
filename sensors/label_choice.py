"""Which labels beyond the usual ones a camera writes. What nobody asks for is not computed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from sim.base.errors import InputError


@dataclass(frozen=True)
class LabelChoice:
    """`material`: albedo and roughness. `forward_flow`: of the previous frame, told with this one. `behind_glass`: the second
    layer, through panes. `amodal_masks`: each listed object's whole silhouette as a mask. `soiling`: what lies on the lens."""

    material: bool = False
    forward_flow: bool = False
    behind_glass: bool = False
    amodal_masks: bool = False
    soiling: bool = False

    @classmethod
    def of(cls, names: Iterable[str]) -> LabelChoice:
        """From names, as on a command line; "all" is all of them. InputError names what there is."""
        known = [field.name for field in fields(cls)]
        chosen = [name.strip() for name in names if name.strip()]
        wrong = sorted(set(chosen) - {*known, "all"})
        if wrong:
            raise InputError(f'labels: found "{wrong[0]}"; allowed are all, {", ".join(known)}')
        return cls(**{name: name in chosen or "all" in chosen for name in known})


USUAL_LABELS = LabelChoice()
ALL_LABELS = LabelChoice(True, True, True, True, True)
