"""Calls from compiled kernels into Embree, by function address (rendering.embree.function_address).

Handles and pointers are int64, as everywhere in the kernels; the signatures here are those of rtcore.h of Embree 4.
"""

from __future__ import annotations

import llvmlite.ir as ir
from numba import types
from numba.core.extending import intrinsic
from numba.core.typing.templates import signature

_I8, _I32 = ir.IntType(8), ir.IntType(32)


@intrinsic
def embree_packet(typingctx, function, valid, scene, rays, arguments):
    """Call rtcIntersect{4,8,16} or rtcOccluded{4,8,16} at address `function`."""

    def codegen(context, builder, sig, args):
        pointer = _I8.as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [pointer] * 4)
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), [builder.inttoptr(a, pointer) for a in args[1:]])
        return context.get_dummy_value()

    return signature(types.void, *[types.int64] * 5), codegen


@intrinsic
def call_set_transform(typingctx, function, geometry, time_step, matrix_format, matrix):
    """rtcSetGeometryTransform(geometry, time step, format, matrix)."""

    def codegen(context, builder, sig, args):
        pointer = _I8.as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [pointer, _I32, _I32, pointer])
        arguments = [
            builder.inttoptr(args[1], pointer),
            builder.trunc(args[2], _I32),
            builder.trunc(args[3], _I32),
            builder.inttoptr(args[4], pointer),
        ]
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), arguments)
        return context.get_dummy_value()

    return signature(types.void, *[types.int64] * 5), codegen


@intrinsic
def call_with_number(typingctx, function, geometry, value):
    """A function of Embree that takes a geometry and one unsigned: rtcSetGeometryMask, rtcSetGeometryTimeStepCount."""

    def codegen(context, builder, sig, args):
        pointer = _I8.as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [pointer, _I32])
        arguments = [builder.inttoptr(args[1], pointer), builder.trunc(args[2], _I32)]
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), arguments)
        return context.get_dummy_value()

    return signature(types.void, *[types.int64] * 3), codegen


@intrinsic
def call_on(typingctx, function, geometry):
    """A function of Embree that takes one handle: rtcCommitGeometry, rtcCommitScene."""

    def codegen(context, builder, sig, args):
        pointer = _I8.as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [pointer])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), [builder.inttoptr(args[1], pointer)])
        return context.get_dummy_value()

    return signature(types.void, *[types.int64] * 2), codegen
