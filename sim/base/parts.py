"""What part of a thing a pixel shows: numbers of the part buffers, with names for people.

Tested by tests/rendering/test_part_labels.py and tests/loop/test_label_files.py.
"""

from __future__ import annotations

from enum import IntEnum


class PartKind(IntEnum):
    """Sub-parts, finer than an instance. Stored as uint8; values never change meaning, new ones are added at a group's end.

    BODY is whatever has no name of its own. LAMP is a lamp of unknown purpose; WINDOW any pane of glass.
    """

    BODY = 0
    WHEEL = 1
    WINDOW = 2
    LAMP = 3
    SIGN_PLATE = 4
    POLE = 5
    MIRROR = 6
    DOOR = 7
    NUMBER_PLATE = 8
    ARM = 9
    """A moving arm: of a gate, a barrier, a school bus's stop sign."""
    INTERIOR = 10
    HEAD_LAMP = 20
    TAIL_LAMP = 21
    INDICATOR_LEFT = 22
    INDICATOR_RIGHT = 23
    REVERSE_LAMP = 24
    FOG_LAMP_FRONT = 25
    FOG_LAMP_REAR = 26
    BEACON = 27
    INTERIOR_LAMP = 28
    STREET_LAMP = 29
    SIGNAL_RED = 30
    SIGNAL_YELLOW = 31
    SIGNAL_GREEN = 32
    REFLECTOR = 33
    HEAD = 40
    TORSO = 41
    ARMS = 42
    """Both arms of a person, hands included."""
    LEGS = 43
    """Both legs of a person, shoes included."""
    CARRIED = 44
    """What a person wears on the back or carries."""
    TRUNK = 50
    FOLIAGE = 51


def part_names() -> dict[int, str]:
    """The table that goes with part buffers: number to lower-case name."""
    return {int(kind): kind.name.lower() for kind in PartKind}
