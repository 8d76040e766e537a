"""Explicit vector lanes for numba: the frame kernel handles one packet of 16, 8 or 4 rays in every statement.

Automatic vectorisation of a ray tracer's shading cannot be relied on, so three lane types are given to numba, each one
LLVM vector of LANES elements: `Float` (f32), `Int` (i32) and `Mask` (i1). Python's operators act lane by lane, a scalar
operand is splatted. Floating-point operations carry the flags `contract nsz` only: a multiply and an add may fuse and the
sign of zero is free, which changes nothing from run to run; reciprocal approximation (`arcp`) would.

Memory is addressed by plain int64 addresses (ndarray.ctypes.data), so compiled kernels can be cached. `ldf`/`stf` move
whole rows of a packet (row r lies at base + r * LANES * 4, 64-byte aligned); `gf`/`gi` gather 32-bit values by index.
The lanes of a packet are a tile of pixels four wide and LANES / 4 high. Tested by tests/rendering/test_lanes.py.
"""

from __future__ import annotations

import operator

import llvmlite.ir as ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.extending import intrinsic, lower_builtin, register_model
from numba.core.typing.templates import AbstractTemplate, infer_global, signature

from rendering.embree import native_lanes

LANES = native_lanes()
TILE_WIDTH = 4
TILE_HEIGHT = LANES // TILE_WIDTH

_FLAGS = ("contract", "nsz")
_F32, _I8, _I16, _I32, _I64 = ir.FloatType(), ir.IntType(8), ir.IntType(16), ir.IntType(32), ir.IntType(64)
_VF, _VI, _VM = ir.VectorType(_F32, LANES), ir.VectorType(_I32, LANES), ir.VectorType(ir.IntType(1), LANES)


class _Lane(types.Type):  # type: ignore[misc]
    """A numba type that is one LLVM vector."""


class _FloatLane(_Lane):
    pass


class _IntLane(_Lane):
    pass


class _MaskLane(_Lane):
    pass


Float, Int, Mask = _FloatLane(f"f32x{LANES}"), _IntLane(f"i32x{LANES}"), _MaskLane(f"i1x{LANES}")
_LLVM = {Float: _VF, Int: _VI, Mask: _VM}


def _register(lane_class, llvm_type):
    @register_model(lane_class)
    class _Model(models.PrimitiveModel):
        def __init__(self, manager, fe_type):
            super().__init__(manager, fe_type, llvm_type)


_register(_FloatLane, _VF)
_register(_IntLane, _VI)
_register(_MaskLane, _VM)


def _splat(context, builder, value, fe_type, lane):
    """A lane value as it is, or a scalar in every lane."""
    if isinstance(fe_type, _Lane):
        return value
    element = types.float32 if lane is Float else types.int32
    scalar = context.cast(builder, value, fe_type, element)
    undefined = ir.Constant(_LLVM[lane], ir.Undefined)
    one = builder.insert_element(undefined, scalar, _I32(0))
    return builder.shuffle_vector(one, undefined, ir.Constant(_VI, [0] * LANES))


def _define_binary(op, lane, emit, result=None):
    def typer(self, args, kws):
        lanes = [a is lane for a in args]
        if len(args) == 2 and any(lanes) and all(a is lane or isinstance(a, types.Number) for a in args):
            return signature(result or lane, *args)
        return None

    infer_global(op)(type(f"Lane_{op.__name__}_{lane.name}", (AbstractTemplate,), {"generic": typer}))

    def lower(context, builder, sig, args):
        left, right = (_splat(context, builder, v, t, lane) for v, t in zip(args, sig.args, strict=True))
        return emit(builder, left, right)

    for left, right in ((lane, lane), (lane, types.Number), (types.Number, lane)):
        lower_builtin(op, left, right)(lower)


def _define_unary(op, lane, emit):
    def typer(self, args, kws):
        return signature(lane, lane) if len(args) == 1 and args[0] is lane else None

    infer_global(op)(type(f"Lane_{op.__name__}_{lane.name}", (AbstractTemplate,), {"generic": typer}))
    lower_builtin(op, lane)(lambda context, builder, sig, args: emit(builder, args[0]))


for _op, _name in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"), (operator.truediv, "fdiv")):
    _define_binary(_op, Float, lambda b, x, y, name=_name: getattr(b, name)(x, y, flags=_FLAGS))
for _op, _name in (
    (operator.add, "add"),
    (operator.sub, "sub"),
    (operator.mul, "mul"),
    (operator.and_, "and_"),
    (operator.or_, "or_"),
    (operator.xor, "xor"),
    (operator.lshift, "shl"),
    (operator.rshift, "lshr"),
):
    _define_binary(_op, Int, lambda b, x, y, name=_name: getattr(b, name)(x, y))
for _op, _sign in (
    (operator.lt, "<"),
    (operator.gt, ">"),
    (operator.le, "<="),
    (operator.ge, ">="),
    (operator.eq, "=="),
    (operator.ne, "!="),
):
    _define_binary(_op, Float, lambda b, x, y, sign=_sign: b.fcmp_ordered(sign, x, y), Mask)
    _define_binary(_op, Int, lambda b, x, y, sign=_sign: b.icmp_signed(sign, x, y), Mask)
for _op, _name in ((operator.and_, "and_"), (operator.or_, "or_")):
    _define_binary(_op, Mask, lambda b, x, y, name=_name: getattr(b, name)(x, y))
_define_unary(operator.neg, Float, lambda b, x: b.fneg(x))
_define_unary(operator.invert, Mask, lambda b, x: b.not_(x))


def _call(builder, name, result, args):
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(result, [a.type for a in args]), f"llvm.{name}"
    )
    return builder.call(function, args)


def _unary(name, argument, result, emit):
    @intrinsic
    def lane_function(typingctx, x):
        if x is not argument:
            return None
        return signature(result, x), lambda context, builder, sig, args: emit(builder, args[0])

    lane_function.__name__ = name
    return lane_function


def _math(name):
    return _unary(name, Float, Float, lambda b, x: _call(b, f"{name}.v{LANES}f32", _VF, [x]))


vsqrt, vfloor, vabs = _math("sqrt"), _math("floor"), _math("fabs")
f2i = _unary("f2i", Float, Int, lambda b, x: _call(b, f"fptosi.sat.v{LANES}i32.v{LANES}f32", _VI, [x]))
i2f = _unary("i2f", Int, Float, lambda b, x: b.sitofp(x, _VF))
bits_of = _unary("bits_of", Float, Int, lambda b, x: b.bitcast(x, _VI))
from_bits = _unary("from_bits", Int, Float, lambda b, x: b.bitcast(x, _VF))
m2i = _unary("m2i", Mask, Int, lambda b, x: b.sext(x, _VI))
"""All ones (-1) where the mask is set, as Embree's valid array wants it."""
vany = _unary(
    "vany",
    Mask,
    types.boolean,
    lambda b, x: b.icmp_unsigned("!=", b.bitcast(x, ir.IntType(LANES)), ir.IntType(LANES)(0)),
)
mask_bits = _unary("mask_bits", Mask, types.int64, lambda b, x: b.zext(b.bitcast(x, ir.IntType(LANES)), ir.IntType(64)))
vsum = _unary(
    "vsum", Float, types.float32, lambda b, x: _call(b, f"vector.reduce.fadd.v{LANES}f32", _F32, [_F32(0.0), x])
)


@intrinsic
def lowest_bit(typingctx, bits):
    """Index of the lowest bit that is set in an int64 (not of 0)."""

    def codegen(context, builder, sig, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return signature(types.int64, types.int64), codegen


def _pick(sign):
    @intrinsic
    def lane_function(typingctx, x, y):
        def codegen(context, builder, sig, args):
            left, right = (_splat(context, builder, v, t, Float) for v, t in zip(args, sig.args, strict=True))
            return builder.select(builder.fcmp_ordered(sign, left, right), left, right)

        return signature(Float, x, y), codegen

    return lane_function


vmin, vmax = _pick("<"), _pick(">")


@intrinsic
def sel(typingctx, mask, x, y):
    """`x` where the mask is set, else `y`."""
    lane = x if isinstance(x, _Lane) else y if isinstance(y, _Lane) else Float

    def codegen(context, builder, sig, args):
        left, right = (_splat(context, builder, v, t, lane) for v, t in zip(args[1:], sig.args[1:], strict=True))
        return builder.select(args[0], left, right)

    return signature(lane, mask, x, y), codegen


@intrinsic
def vf(typingctx, x):
    """A scalar in every float lane."""
    return signature(Float, x), lambda context, builder, sig, args: _splat(
        context, builder, args[0], sig.args[0], Float
    )


@intrinsic
def vi(typingctx, x):
    """A scalar in every int lane."""
    return signature(Int, x), lambda context, builder, sig, args: _splat(context, builder, args[0], sig.args[0], Int)


def constant(values):
    """A function of no arguments that is this list of LANES integers, one in each int lane."""

    @intrinsic
    def lane_function(typingctx):
        return signature(Int), lambda context, builder, sig, args: ir.Constant(_VI, values)

    return lane_function


lane_index = constant(list(range(LANES)))
lane_y = constant([i // TILE_WIDTH for i in range(LANES)])


def _address(builder, base, element):
    return builder.inttoptr(base, element.as_pointer())


def _row(context, builder, base, row, row_type):
    offset = builder.mul(context.cast(builder, row, row_type, types.int64), _I64(4 * LANES))
    return builder.add(base, offset)


def _row_access(lane):
    @intrinsic
    def load(typingctx, base, row):
        def codegen(context, builder, sig, args):
            address = _row(context, builder, args[0], args[1], sig.args[1])
            value = builder.load(_address(builder, address, _LLVM[lane]), typ=_LLVM[lane])
            value.align = 4 * LANES
            return value

        return signature(lane, types.int64, row), codegen

    @intrinsic
    def store(typingctx, base, row, value):
        def codegen(context, builder, sig, args):
            address = _row(context, builder, args[0], args[1], sig.args[1])
            splatted = _splat(context, builder, args[2], sig.args[2], lane)
            builder.store(splatted, _address(builder, address, _LLVM[lane])).align = 4 * LANES
            return context.get_dummy_value()

        return signature(types.void, types.int64, row, value), codegen

    return load, store


ldf, stf = _row_access(Float)
ldi, sti = _row_access(Int)


@intrinsic
def ldu(typingctx, base, index):
    """LANES consecutive int32 from element `index` on, at any alignment."""

    def codegen(context, builder, sig, args):
        offset = builder.mul(context.cast(builder, args[1], sig.args[1], types.int64), _I64(4))
        value = builder.load(_address(builder, builder.add(args[0], offset), _VI), typ=_VI)
        value.align = 4
        return value

    return signature(Int, types.int64, index), codegen


def _gather(lane, element, suffix):
    @intrinsic
    def lane_function(typingctx, base, index):
        def codegen(context, builder, sig, args):
            # A vector of pointers through a GEP with 32-bit vector indices: the form that becomes one gather instruction.
            pointer = _address(builder, args[0], element)
            gep = ir.instructions.GEPInstr(builder.block, pointer, [_I32(0)], False, name="", source_etype=element)
            gep.operands, gep.pointer, gep.indices = [pointer, args[1]], pointer, [args[1]]
            gep.type = ir.VectorType(element.as_pointer(), LANES)
            builder._insert(gep)
            everywhere = ir.Constant(_VM, [1] * LANES)
            rest = ir.Constant(_LLVM[lane], ir.Undefined)
            name = f"masked.gather.v{LANES}{suffix}.v{LANES}p0"
            return _call(builder, name, _LLVM[lane], [gep, _I32(4), everywhere, rest])

        return signature(lane, types.int64, Int), codegen

    return lane_function


gf, gi = _gather(Float, _F32, "f32"), _gather(Int, _I32, "i32")


def _tile_store(lane, element, size, convert):
    """Store a tile of pixels: TILE_HEIGHT row segments of four, `pitch` elements apart, the first at element `index`."""

    @intrinsic
    def store(typingctx, base, index, pitch, value):
        def codegen(context, builder, sig, args):
            converted = convert(builder, args[3])
            first = context.cast(builder, args[1], sig.args[1], types.int64)
            step = context.cast(builder, args[2], sig.args[2], types.int64)
            undefined = ir.Constant(converted.type, ir.Undefined)
            for row in range(TILE_HEIGHT):
                lanes = ir.Constant(ir.VectorType(_I32, 4), [row * 4 + k for k in range(4)])
                part = builder.shuffle_vector(converted, undefined, lanes)
                element_index = builder.add(first, builder.mul(step, _I64(row)))
                address = builder.add(args[0], builder.mul(element_index, _I64(size)))
                builder.store(part, _address(builder, address, ir.VectorType(element, 4))).align = size
            return context.get_dummy_value()

        return signature(types.void, types.int64, index, pitch, value), codegen

    return store


tile_f32 = _tile_store(Float, _F32, 4, lambda b, v: v)
tile_i32 = _tile_store(Int, _I32, 4, lambda b, v: v)
tile_u8 = _tile_store(Int, _I8, 1, lambda b, v: b.trunc(v, ir.VectorType(_I8, LANES)))


@intrinsic
def tile_xyz(typingctx, base, index, pitch, x, y, z):
    """Store three components of a tile interleaved: pixel `index` of a (..., 3) float32 array `pitch` pixels wide."""

    def codegen(context, builder, sig, args):
        x_v, y_v, z_v = args[3:]
        first = context.cast(builder, args[1], sig.args[1], types.int64)
        step = context.cast(builder, args[2], sig.args[2], types.int64)
        for row in range(TILE_HEIGHT):
            xy = [row * 4 + k for k in range(4)] + [LANES + row * 4 + k for k in range(4)]
            pairs = builder.shuffle_vector(x_v, y_v, ir.Constant(ir.VectorType(_I32, 8), xy))
            picks = [row * 4 + k for k in range(4)] + [0] * 4
            last = builder.shuffle_vector(z_v, z_v, ir.Constant(ir.VectorType(_I32, 8), picks))
            order = [source for k in range(4) for source in (k, 4 + k, 8 + k)]
            mixed = builder.shuffle_vector(pairs, last, ir.Constant(ir.VectorType(_I32, 12), order))
            pixel = builder.add(first, builder.mul(step, _I64(row)))
            address = builder.add(args[0], builder.mul(pixel, _I64(12)))
            builder.store(mixed, _address(builder, address, ir.VectorType(_F32, 12))).align = 4
        return context.get_dummy_value()

    return signature(types.void, types.int64, index, pitch, x, y, z), codegen


@intrinsic
def fetch_add(typingctx, address, value):
    """Atomically add to an int64 counter and return what it held: how threads share out the rows of a frame."""

    def codegen(context, builder, sig, args):
        return builder.atomic_rmw("add", _address(builder, args[0], _I64), args[1], "monotonic")

    return signature(types.int64, types.int64, types.int64), codegen


def _scalar_load(numba_type, element):
    @intrinsic
    def load(typingctx, base, index):
        def codegen(context, builder, sig, args):
            offset = builder.mul(context.cast(builder, args[1], sig.args[1], types.int64), _I64(4))
            return builder.load(_address(builder, builder.add(args[0], offset), element), typ=element)

        return signature(numba_type, types.int64, index), codegen

    return load


def _scalar_store(numba_type, element, size):
    @intrinsic
    def store(typingctx, base, index, value):
        def codegen(context, builder, sig, args):
            offset = builder.mul(context.cast(builder, args[1], sig.args[1], types.int64), _I64(size))
            address = _address(builder, builder.add(args[0], offset), element)
            builder.store(context.cast(builder, args[2], sig.args[2], numba_type), address).align = size
            return context.get_dummy_value()

        return signature(types.void, types.int64, index, value), codegen

    return store


put_f32 = _scalar_store(types.float32, _F32, 4)
put_i32 = _scalar_store(types.int32, _I32, 4)
put_u8 = _scalar_store(types.uint8, _I8, 1)
sf, si = _scalar_load(types.float32, _F32), _scalar_load(types.int32, _I32)
