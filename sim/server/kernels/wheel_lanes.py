"""The four wheels of a vehicle side by side: numba types for four numbers, and four answers, in one vector register.

Python's operators act wheel by wheel, a scalar operand is meant for every wheel. No operation carries a fast-math flag, so each
wheel gets bit for bit what the same statement gives for plain floats. `least`, `most`, `pick`, `size` and `root` take
plain floats as well: formulae of one tyre are written once, for one wheel or four. Tested by tests/server/test_wheel_lanes.py.
"""

from __future__ import annotations

import operator

import llvmlite.ir as ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.extending import intrinsic, lower_builtin, register_model
from numba.core.typing.templates import AbstractTemplate, infer_global, signature

WHEELS = 4
_F64, _I1, _I32 = ir.DoubleType(), ir.IntType(1), ir.IntType(32)
_V64, _V1 = ir.VectorType(_F64, WHEELS), ir.VectorType(_I1, WHEELS)


class _FourNumbers(types.Type):  # type: ignore[misc]
    pass


class _FourAnswers(types.Type):  # type: ignore[misc]
    pass


Four, FourAnswers = _FourNumbers("f64x4"), _FourAnswers("i1x4")
_LLVM = {Four: _V64, FourAnswers: _V1}
_ELEMENT = {Four: types.float64, FourAnswers: types.boolean}


def _register(kind, llvm_type):
    @register_model(kind)
    class _Model(models.PrimitiveModel):
        def __init__(self, manager, fe_type):
            super().__init__(manager, fe_type, llvm_type)


_register(_FourNumbers, _V64)
_register(_FourAnswers, _V1)


def _spread(context, builder, value, fe_type, kind):
    """Four values as they are, or a scalar for every wheel."""
    if fe_type is kind:
        return value
    scalar = context.cast(builder, value, fe_type, _ELEMENT[kind])
    if kind is FourAnswers:
        scalar = builder.trunc(scalar, _I1) if scalar.type != _I1 else scalar
    undefined = ir.Constant(_LLVM[kind], ir.Undefined)
    one = builder.insert_element(undefined, scalar, _I32(0))
    return builder.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(_I32, WHEELS), [0] * WHEELS))


def _define_binary(op, kind, emit, result, scalars):
    def typer(self, args, kws):
        fits = [a is kind or isinstance(a, scalars) for a in args]
        if len(args) == 2 and all(fits) and any(a is kind for a in args):
            return signature(result, *args)
        return None

    infer_global(op)(type(f"Four_{op.__name__}_{kind.name}", (AbstractTemplate,), {"generic": typer}))

    def lower(context, builder, sig, args):
        left, right = (_spread(context, builder, v, t, kind) for v, t in zip(args, sig.args, strict=True))
        return emit(builder, left, right)

    for left, right in ((kind, kind), (kind, scalars), (scalars, kind)):
        lower_builtin(op, left, right)(lower)


def _define_unary(op, kind, emit):
    def typer(self, args, kws):
        return signature(kind, kind) if len(args) == 1 and args[0] is kind else None

    infer_global(op)(type(f"Four_{op.__name__}_{kind.name}", (AbstractTemplate,), {"generic": typer}))
    lower_builtin(op, kind)(lambda context, builder, sig, args: emit(builder, args[0]))


for _op, _name in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"), (operator.truediv, "fdiv")):
    _define_binary(_op, Four, lambda b, x, y, name=_name: getattr(b, name)(x, y), Four, types.Number)
for _op, _sign in (
    (operator.lt, "<"),
    (operator.gt, ">"),
    (operator.le, "<="),
    (operator.ge, ">="),
    (operator.eq, "=="),
):
    _define_binary(_op, Four, lambda b, x, y, sign=_sign: b.fcmp_ordered(sign, x, y), FourAnswers, types.Number)
_define_binary(operator.ne, Four, lambda b, x, y: b.fcmp_unordered("!=", x, y), FourAnswers, types.Number)
for _op, _name in ((operator.and_, "and_"), (operator.or_, "or_")):
    _define_binary(_op, FourAnswers, lambda b, x, y, name=_name: getattr(b, name)(x, y), FourAnswers, types.Boolean)
_define_unary(operator.neg, Four, lambda b, x: b.fneg(x))


def _call(builder, name, argument):
    suffix = f"v{WHEELS}f64" if argument.type == _V64 else "f64"
    kind = ir.FunctionType(argument.type, [argument.type])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.{suffix}"), [argument])


def _math(name):
    @intrinsic
    def function(typingctx, x):
        return signature(x, x), lambda context, builder, sig, args: _call(builder, name, args[0])

    return function


root, size = _math("sqrt"), _math("fabs")


def _extreme(sign):
    @intrinsic
    def function(typingctx, x, y):
        kind = Four if x is Four or y is Four else types.float64

        def codegen(context, builder, sig, args):
            left, right = (_value(context, builder, v, t, kind) for v, t in zip(args, sig.args, strict=True))
            return builder.select(builder.fcmp_ordered(sign, right, left), right, left)  # as min() and max() of floats

        return signature(kind, x, y), codegen

    return function


def _value(context, builder, value, fe_type, kind):
    if kind is types.float64:
        return context.cast(builder, value, fe_type, kind)
    return _spread(context, builder, value, fe_type, kind)


least, most = _extreme("<"), _extreme(">")


@intrinsic
def pick(typingctx, answer, yes, no):
    """`yes` where the answer is true, else `no`; both have been computed."""
    kind = Four if answer is FourAnswers or yes is Four or no is Four else types.float64

    def codegen(context, builder, sig, args):
        left, right = (_value(context, builder, v, t, kind) for v, t in zip(args[1:], sig.args[1:], strict=True))
        truth = args[0]
        if truth.type not in (_I1, _V1):
            truth = builder.trunc(truth, _I1)
        return builder.select(truth, left, right)

    return signature(kind, answer, yes, no), codegen


@intrinsic
def read(typingctx, wheels):
    """The four numbers of a record's field."""

    def codegen(context, builder, sig, args):
        value = builder.load(_place_of(context, builder, sig, args), typ=_V64)
        value.align = 8
        return value

    return signature(Four, wheels), codegen


@intrinsic
def write(typingctx, wheels, values):
    """Store four numbers in a record's field."""

    def codegen(context, builder, sig, args):
        value = _spread(context, builder, args[1], sig.args[1], Four)
        builder.store(value, _place_of(context, builder, sig, args)).align = 8
        return context.get_dummy_value()

    return signature(types.void, wheels, values), codegen


def _place_of(context, builder, sig, args):
    array = context.make_array(sig.args[0])(context, builder, args[0])
    return builder.bitcast(array.data, _V64.as_pointer())


@intrinsic
def four(typingctx, front_left, front_right, rear_left, rear_right):
    """Four numbers out of one for each wheel."""

    def codegen(context, builder, sig, args):
        value = ir.Constant(_V64, ir.Undefined)
        for wheel, (number, fe_type) in enumerate(zip(args, sig.args, strict=True)):
            value = builder.insert_element(value, context.cast(builder, number, fe_type, types.float64), _I32(wheel))
        return value

    return signature(Four, front_left, front_right, rear_left, rear_right), codegen


@intrinsic
def total(typingctx, values):
    """The sum over the wheels, front left first: 0 + a + b + c + d, in this order."""

    def codegen(context, builder, sig, args):
        value = _F64(0.0)
        for wheel in range(WHEELS):
            value = builder.fadd(value, builder.extract_element(args[0], _I32(wheel)))
        return value

    return signature(types.float64, values), codegen
