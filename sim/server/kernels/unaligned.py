"""Numbers of packed records, which lie at any byte."""

from __future__ import annotations

import llvmlite.ir as ir
from numba import types
from numba.core.extending import intrinsic
from numba.core.typing.templates import signature


@intrinsic
def put_float32(typingctx, buffer, at, value):
    """Store a number as float32 from byte `at` of a buffer (uint8) on."""

    def codegen(context, builder, sig, args):
        start = context.make_array(sig.args[0])(context, builder, args[0]).data
        place = builder.gep(start, [context.cast(builder, args[1], sig.args[1], types.int64)])
        number = context.cast(builder, args[2], sig.args[2], types.float32)
        builder.store(number, builder.bitcast(place, ir.FloatType().as_pointer())).align = 1
        return context.get_dummy_value()

    return signature(types.void, buffer, at, value), codegen
