"""TV-L1 at one pyramid level, compiled: warps, median filters and the primal–dual iteration.

The hot rows are written with vectors of 16 floats (`_Lanes`), because a compiler cannot prove that rows of one array
do not overlap and would leave the loop scalar. All compiled code stands in this one module: Numba's cache notices a
change only in the file that holds the compiled function.

A level lives in one flat float32 array, `state`, so that an iteration runs through memory once, from top to bottom:

    row −1        zeros
    row y         U V | PUX PUY PVX PVY | IX IY RHO SCALE FIRST   `pitch` floats each, zeros behind `width`
    row height    zeros

(U, V) is the flow, (PUX, PUY) and (PVX, PVY) the dual variables of U and V, (IX, IY) the warped gradient, RHO the
constant part of the residual, SCALE 1 / |∇I|², FIRST the first image. Borders need no branch: the zeros and three
rows of coefficients (`columns`: 1, θ and τ/θ, each 0 where there is nothing to add) give exactly the one-sided
differences of the papers.
"""

import functools
import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 16
MARGIN = 4  # zeros around the stack of image and gradients: a 4 × 4 window may lie wholly outside
_FIELDS = 11
_U, _V, _PUX, _PUY, _PVX, _PVY, _IX, _IY, _RHO, _SCALE, _FIRST = range(_FIELDS)
_FLAT = 1e18  # SCALE where |∇I|² is taken as zero: the clipped step is then ±λθ∇I, or 0 for a zero residual

_FLOAT = ir.FloatType()
_INDEX = ir.IntType(64)
_VECTOR = ir.VectorType(_FLOAT, LANES)
# Sums keep their order, so that a result is the same on every run; NaN and infinity do not occur.
_FLAGS = ("nnan", "ninf", "nsz", "contract")


def _compiled(function: Callable) -> Callable:
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "boundscheck": False}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # no folder to keep the compiled code in: neither beside this file nor in the user's home
        return njit(**options)(function)


# --- vectors in the code that is being built ------------------------------------------------------------------------


class _Lanes:
    """A vector of floats in the code being built; operators append instructions."""

    def __init__(self, builder: ir.IRBuilder, value: ir.Value) -> None:
        self.builder, self.value = builder, value

    def __add__(self, other: "_Lanes") -> "_Lanes":
        return _Lanes(self.builder, self.builder.fadd(self.value, other.value, flags=_FLAGS))

    def __sub__(self, other: "_Lanes") -> "_Lanes":
        return _Lanes(self.builder, self.builder.fsub(self.value, other.value, flags=_FLAGS))

    def __mul__(self, other: "_Lanes") -> "_Lanes":
        return _Lanes(self.builder, self.builder.fmul(self.value, other.value, flags=_FLAGS))

    def __truediv__(self, other: "_Lanes") -> "_Lanes":
        return _Lanes(self.builder, self.builder.fdiv(self.value, other.value, flags=_FLAGS))

    def __neg__(self) -> "_Lanes":
        return _Lanes(self.builder, self.builder.fneg(self.value, flags=_FLAGS))

    def min(self, other: "_Lanes") -> "_Lanes":
        below = self.builder.fcmp_ordered("<", self.value, other.value, flags=_FLAGS)
        return _Lanes(self.builder, self.builder.select(below, self.value, other.value))

    def max(self, other: "_Lanes") -> "_Lanes":
        above = self.builder.fcmp_ordered(">", self.value, other.value, flags=_FLAGS)
        return _Lanes(self.builder, self.builder.select(above, self.value, other.value))

    def where(self, left: "_Lanes", relation: str, right: "_Lanes", otherwise: "_Lanes | None" = None) -> "_Lanes":
        """The lanes where the relation holds; 0, or other ones, elsewhere."""
        holds = self.builder.fcmp_ordered(relation, left.value, right.value, flags=_FLAGS)
        other = otherwise or _constant(self.builder, 0)
        return _Lanes(self.builder, self.builder.select(holds, self.value, other.value))

    def sqrt(self) -> "_Lanes":
        return self._function("sqrt")

    def floor(self) -> "_Lanes":
        return self._function("floor")

    def _function(self, name: str) -> "_Lanes":
        kind = ir.FunctionType(_VECTOR, [_VECTOR])
        function = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.{name}.v{LANES}f32")
        return _Lanes(self.builder, self.builder.call(function, [self.value]))


class _Memory:
    """A float32 array as the code being built sees it; positions are flat, and sums of terms."""

    def __init__(self, builder: ir.IRBuilder, pointer: ir.Value) -> None:
        self.builder, self.pointer = builder, pointer

    def _place(self, terms: tuple[ir.Value | int, ...]) -> ir.Value:
        position: ir.Value = _index(0)
        for term in terms:
            position = self.builder.add(position, _index(term) if isinstance(term, int) else term)
        return self.builder.gep(self.pointer, [position])

    def _vector(self, terms: tuple[ir.Value | int, ...]) -> ir.Value:
        return self.builder.bitcast(self._place(terms), _VECTOR.as_pointer())

    def read(self, *terms: ir.Value | int) -> _Lanes:
        return _Lanes(self.builder, self.builder.load(self._vector(terms), align=4))

    def write(self, lanes: _Lanes, *terms: ir.Value | int) -> None:
        self.builder.store(lanes.value, self._vector(terms), align=4)

    def read_interleaved(self, *terms: ir.Value | int) -> list[_Lanes]:
        """Four vectors that lie in memory lane by lane."""
        many = ir.VectorType(_FLOAT, 4 * LANES)
        lanes = self.builder.load(self.builder.bitcast(self._place(terms), many.as_pointer()), align=4)
        masks = (_mask(range(part, 4 * LANES, 4)) for part in range(4))
        return [_Lanes(self.builder, self.builder.shuffle_vector(lanes, lanes, mask)) for mask in masks]

    def write_interleaved(self, vectors: Sequence[_Lanes], *terms: ir.Value | int) -> None:
        """Lay four vectors into memory lane by lane."""
        low, high = (
            self.builder.shuffle_vector(one.value, other.value, _mask(range(2 * LANES)))
            for one, other in (vectors[:2], vectors[2:])
        )
        mask = _mask(part * LANES + lane for lane in range(LANES) for part in range(4))
        lanes = self.builder.shuffle_vector(low, high, mask)
        self.builder.store(lanes, self.builder.bitcast(self._place(terms), lanes.type.as_pointer()), align=4)

    def read_four(self, *terms: ir.Value | int) -> _Lanes:
        """Four floats, each in four lanes that follow each other."""
        few = ir.VectorType(_FLOAT, 4)
        lanes = self.builder.load(self.builder.bitcast(self._place(terms), few.as_pointer()), align=4)
        mask = _mask(lane // 4 for lane in range(LANES))
        return _Lanes(self.builder, self.builder.shuffle_vector(lanes, lanes, mask))

    def read_one(self, *terms: ir.Value | int) -> ir.Value:
        return self.builder.load(self._place(terms))


def _index(value: int) -> ir.Constant:
    return ir.Constant(_INDEX, value)


def _constant(builder: ir.IRBuilder, value: float) -> _Lanes:
    return _Lanes(builder, ir.Constant(_VECTOR, [ir.Constant(_FLOAT, value)] * LANES))


def _mask(lanes: Iterable[int]) -> ir.Constant:
    lanes = list(lanes)
    return ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes)


def _everywhere(builder: ir.IRBuilder, value: ir.Value) -> _Lanes:
    nowhere = ir.Constant(_VECTOR, ir.Undefined)
    first = builder.insert_element(nowhere, value, ir.Constant(ir.IntType(32), 0))
    return _Lanes(builder, builder.shuffle_vector(first, nowhere, _mask([0] * LANES)))


def _halves_added(one: _Lanes, other: _Lanes, size: int) -> _Lanes:
    """Of each vector the even groups of `size` lanes plus the odd ones; the sums of both side by side."""
    groups = [range(start, start + size) for start in range(0, 2 * LANES, size)]
    even, odd = (
        one.builder.shuffle_vector(one.value, other.value, _mask(itertools.chain(*groups[first::2])))
        for first in (0, 1)
    )
    return _Lanes(one.builder, even) + _Lanes(one.builder, odd)


@contextmanager
def _along(builder: ir.IRBuilder, blocks: ir.Value) -> Iterator[ir.Value]:
    """A loop over the blocks of a row: yields where each begins."""
    with cgutils.for_range(builder, blocks, intp=_INDEX) as loop:
        yield builder.mul(loop.index, _index(LANES))


def _pointer(context: Any, builder: ir.IRBuilder, kind: types.Array, array: ir.Value) -> ir.Value:
    return context.make_array(kind)(context, builder, array).data


# --- the iteration --------------------------------------------------------------------------------------------------


@intrinsic
def _iterate_row(  # type: ignore[no-untyped-def]
    typing, state, columns, squares, here, pitch, blocks, tau_theta, lambda_theta
):
    """The flow of the row at `here` and the dual variables of the row above it, in one run along both.

    The row above still has the dual variables of the iteration before when the flow is computed from them. The
    squared change of the flow is added to the 16 `squares`.
    """
    signature = types.void(state, columns, squares, here, pitch, blocks, tau_theta, lambda_theta)

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        state, columns, squares = (
            _Memory(builder, _pointer(context, builder, kind, array))
            for kind, array in zip(signature.args[:3], arguments[:3], strict=True)
        )
        here, pitch, blocks, tau_theta, lambda_theta = arguments[3:]
        above = builder.sub(here, builder.mul(pitch, _index(_FIELDS)))
        starts = {}
        for name, row in (("here", here), ("above", above)):
            for field in range(_FIELDS):
                starts[name, field] = builder.add(row, builder.mul(pitch, _index(field)))
        limit, tau_down = _everywhere(builder, lambda_theta), _everywhere(builder, tau_theta)
        one = _constant(builder, 1)
        changed = cgutils.alloca_once_value(builder, squares.read(0).value)
        with _along(builder, blocks) as x:

            def at(row: str, field: int, shift: int = 0) -> _Lanes:
                return state.read(starts[row, field], x, shift)

            theta, tau_right = columns.read(x, pitch), columns.read(x, pitch, pitch)
            u, v, ix, iy = (at("here", field) for field in (_U, _V, _IX, _IY))
            residual = at("here", _RHO) + ix * u + iy * v
            step = (-(residual * at("here", _SCALE))).min(limit).max(-limit)
            puy, pvy = at("above", _PUY), at("above", _PVY)
            divergence_u = (at("here", _PUX) - at("here", _PUX, -1)) + (at("here", _PUY) - puy)
            divergence_v = (at("here", _PVX) - at("here", _PVX, -1)) + (at("here", _PVY) - pvy)
            change_u, change_v = step * ix + theta * divergence_u, step * iy + theta * divergence_v
            u, v = u + change_u, v + change_v
            state.write(u, starts["here", _U], x)
            state.write(v, starts["here", _V], x)
            sum_so_far = _Lanes(builder, builder.load(changed))
            builder.store((sum_so_far + change_u * change_u + change_v * change_v).value, changed)

            u_above, v_above = at("above", _U), at("above", _V)
            ux, uy = (at("above", _U, 1) - u_above) * tau_right, (u - u_above) * tau_down
            vx, vy = (at("above", _V, 1) - v_above) * tau_right, (v - v_above) * tau_down
            norm_u, norm_v = one + (ux * ux + uy * uy).sqrt(), one + (vx * vx + vy * vy).sqrt()
            both = one / (norm_u * norm_v)  # one division for two
            shrink_u, shrink_v = both * norm_v, both * norm_u
            state.write((at("above", _PUX) + ux) * shrink_u, starts["above", _PUX], x)
            state.write((puy + uy) * shrink_u, starts["above", _PUY], x)
            state.write((at("above", _PVX) + vx) * shrink_v, starts["above", _PVX], x)
            state.write((pvy + vy) * shrink_v, starts["above", _PVY], x)
        squares.write(_Lanes(builder, builder.load(changed)), 0)
        return context.get_dummy_value()

    return signature, build


@_compiled
def _iterate(state, columns, squares, height, width, pitch, tau_theta, lambda_theta):  # type: ignore[no-untyped-def]
    """One iteration over the whole level; the summed squared change of the flow."""
    row = _FIELDS * pitch
    blocks = (width + LANES - 1) // LANES
    squares[:] = 0
    for y in range(height + 1):
        down = tau_theta if 0 < y < height else np.float32(0)
        here = LANES + (y + 1) * row
        _iterate_row(state, columns, squares, here, pitch, blocks, down, lambda_theta)  # type: ignore[call-arg]
    total = 0.0
    for lane in range(LANES):
        total += squares[lane]
    return total


# --- median filters -------------------------------------------------------------------------------------------------


def _merged(one: list[_Lanes], other: list[_Lanes]) -> list[_Lanes]:
    """Two sorted lists as one: Batcher's odd–even merge. What nobody reads of it is never computed."""
    if not one or not other:
        return one or other
    if len(one) == len(other) == 1:
        return [one[0].min(other[0]), one[0].max(other[0])]
    odd, even = _merged(one[::2], other[::2]), _merged(one[1::2], other[1::2])
    merged = [odd[0]]
    for low, high in zip(even, odd[1:], strict=False):
        merged += [low.min(high), low.max(high)]
    return merged + even[len(odd) - 1 :] + odd[len(even) + 1 :]


def _sorted(lanes: list[_Lanes]) -> list[_Lanes]:
    middle = len(lanes) // 2
    return lanes if middle == 0 else _merged(_sorted(lanes[:middle]), _sorted(lanes[middle:]))


def _median_of_rows(size: int) -> Callable:
    @intrinsic
    def median_of_rows(  # type: ignore[no-untyped-def]
        typing, scratch, state, columns, source, stride, columns_at, pairs_at, target, next_target, wide, blocks
    ):
        """The medians of the size × size windows of two rows that follow each other; 0 behind the width.

        The rows share `size` − 1 lines of their windows. Their columns are sorted, and merged two by two, once for all
        windows that hold them. Of the sorted shared values only the middle ones can be the median, whatever the last
        line of the one or the other window holds.
        """
        signature = types.void(
            scratch, state, columns, source, stride, columns_at, pairs_at, target, next_target, wide, blocks
        )

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            scratch, state, columns = (
                _Memory(builder, _pointer(context, builder, kind, array))
                for kind, array in zip(signature.args[:3], arguments[:3], strict=True)
            )
            source, stride, columns_at, pairs_at, target, next_target, wide, blocks = arguments[3:]
            lines = [builder.mul(stride, _index(line)) for line in range(2 * size)]
            shared = size - 1

            def read(at: ir.Value, count: int, x: ir.Value, shift: int = 0) -> list[_Lanes]:
                return [scratch.read(at, line, x, shift) for line in lines[:count]]

            with _along(builder, wide) as x:
                column = _sorted([scratch.read(source, line, x) for line in lines[1:size]])
                for value, line in zip(column, lines[:shared], strict=True):
                    scratch.write(value, columns_at, line, x)
            with _along(builder, wide) as x:
                pair = _merged(read(columns_at, shared, x), read(columns_at, shared, x, 1))
                for value, line in zip(pair, lines[: 2 * shared], strict=True):
                    scratch.write(value, pairs_at, line, x)
            with _along(builder, blocks) as x:
                block = read(columns_at, shared, x, size - 1)
                for shift in range(0, size - 1, 2):
                    block = _merged(block, read(pairs_at, 2 * shared, x, shift))
                outer = (len(block) - size - 1) // 2
                middle = block[outer : outer + size + 1]
                for line, row in ((lines[0], target), (lines[size], next_target)):
                    last = _sorted([scratch.read(source, line, x, shift) for shift in range(size)])
                    # The median of two sorted lists: the smallest of the largest of i from the one, n − i of the other.
                    median = middle[-1]
                    for low, high in zip(middle[-2::-1], last, strict=True):
                        median = median.min(low.max(high))
                    state.write(median * columns.read(x), row, x)
            return context.get_dummy_value()

        return signature, build

    return median_of_rows


_median_of_rows_3, _median_of_rows_5 = _median_of_rows(3), _median_of_rows(5)


@intrinsic
def _copy_row(typing, source, source_at, target, target_at, blocks):  # type: ignore[no-untyped-def]
    """Copy whole blocks of one array to another."""
    signature = types.void(source, source_at, target, target_at, blocks)

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        source, target = (
            _Memory(builder, _pointer(context, builder, signature.args[place], arguments[place])) for place in (0, 2)
        )
        with _along(builder, arguments[4]) as x:
            target.write(source.read(arguments[1], x), arguments[3], x)
        return context.get_dummy_value()

    return signature, build


@_compiled
def _median_filter(state, scratch, columns, field, height, width, pitch, size):  # type: ignore[no-untyped-def]
    """Replace the flow component by the median of its size × size neighbourhoods; the border is repeated."""
    reach = size // 2
    stride = pitch + LANES
    blocks = (width + LANES - 1) // LANES
    for line in range(height + 2 * reach + 1):
        y = min(max(line - reach, 0), height - 1)
        source, target = LANES + ((y + 1) * _FIELDS + field) * pitch, line * stride
        _copy_row(state, source, scratch, target + reach, blocks)  # type: ignore[call-arg]
        for x in range(reach):
            scratch[target + x] = state[source]
            scratch[target + reach + width + x] = state[source + width - 1]
    sorted_columns = (height + 2 * reach + 1) * stride
    sorted_pairs = sorted_columns + (size - 1) * stride
    wide = (width + 2 * reach + LANES - 1) // LANES
    for y in range(0, height, 2):
        source, target = y * stride, LANES + ((y + 1) * _FIELDS + field) * pitch
        following = target + _FIELDS * pitch
        if size == 3:
            _median_of_rows_3(
                scratch, state, columns, source, stride, sorted_columns, sorted_pairs, target, following, wide, blocks
            )
        else:
            _median_of_rows_5(
                scratch, state, columns, source, stride, sorted_columns, sorted_pairs, target, following, wide, blocks
            )
    if height % 2 == 1:  # the last pair has written to the zeros below
        below = LANES + ((height + 1) * _FIELDS + field) * pitch
        for x in range(width):
            state[below + x] = 0


# --- warps ----------------------------------------------------------------------------------------------------------

_CHANNELS = 4  # of the stack: image, its two derivatives and a zero, so that four pixels fill one vector
# Rows of the scratch array while a row is warped: columns and lines of the windows, then these.
_WEIGHTS_X, _WEIGHTS_Y, _FOUND, _PLACES = 2, 6, 10, 14


@_compiled
def _fill_stack(image, stack):  # type: ignore[no-untyped-def]
    """The image and its central differences, interleaved, with zeros around.

    At the border the missing neighbour is the pixel itself, which halves the one-sided difference.
    """
    height, width = image.shape
    stride = (width + 2 * MARGIN) * _CHANNELS
    stack[: (height + 2 * MARGIN) * stride] = 0
    half = np.float32(0.5)
    for y in range(height):
        above, below = max(y - 1, 0), min(y + 1, height - 1)
        start = (y + MARGIN) * stride + MARGIN * _CHANNELS
        for x in range(width):
            left, right = max(x - 1, 0), min(x + 1, width - 1)
            stack[start + _CHANNELS * x] = image[y, x]
            stack[start + _CHANNELS * x + 1] = half * (image[y, right] - image[y, left])
            stack[start + _CHANNELS * x + 2] = half * (image[below, x] - image[above, x])


def _place_of(a: float, partly_outside_is_zero: bool) -> Callable:
    @intrinsic
    def place(typing, state, places, here, pitch, y, width, height, blocks):  # type: ignore[no-untyped-def]
        """Where each pixel of a row comes from: column and line of its 4 × 4 window, 4 weights along x, 4 along y.

        Keys' cubic convolution. A window that lies outside is moved no further than where the stack is all zeros.
        """
        signature = types.void(state, places, here, pitch, y, width, height, blocks)

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            state, places = (
                _Memory(builder, _pointer(context, builder, kind, array))
                for kind, array in zip(signature.args[:2], arguments[:2], strict=True)
            )
            here, pitch, y, width, height, blocks = arguments[2:]
            one, two, low, offset = (_constant(builder, value) for value in (1, 2, -3, MARGIN - 1))
            a0, a2, a3 = (_constant(builder, value) for value in (a, a + 2, a + 3))
            counting = _Lanes(builder, ir.Constant(_VECTOR, [ir.Constant(_FLOAT, lane) for lane in range(LANES)]))
            line, *sizes = (_everywhere(builder, builder.sitofp(one_of, _FLOAT)) for one_of in (y, width, height))
            with _along(builder, blocks) as x:
                column = _everywhere(builder, builder.sitofp(x, _FLOAT)) + counting
                positions = column + state.read(here, x), line + state.read(here, pitch, x)
                kept = one
                weights: list[list[_Lanes]] = []
                for axis, (position, size) in enumerate(zip(positions, sizes, strict=True)):
                    floor = position.floor()
                    corner = floor.max(low).min(size + one) + offset
                    places.write(corner, builder.mul(pitch, _index(axis)), x)
                    t = position - floor
                    s = one - t
                    weights.append(
                        [a0 * t * s * s, (a2 * t - a3) * t * t + one, (a2 * s - a3) * s * s + one, a0 * s * t * t]
                    )
                    if partly_outside_is_zero:
                        kept = kept.where(floor, ">=", one).where(floor, "<", size - two)
                places.write_interleaved(weights[0], builder.mul(pitch, _index(_WEIGHTS_X)), x, x, x, x)
                for index, weight in enumerate(weights[1]):
                    value = weight * kept if partly_outside_is_zero else weight
                    places.write(value, builder.mul(pitch, _index(_WEIGHTS_Y + index)), x)
            return context.get_dummy_value()

        return signature, build

    return place


_place_opencv, _place_ipol = _place_of(-0.75, False), _place_of(-0.5, True)


@intrinsic
def _gather(typing, stack, places, pitch, width):  # type: ignore[no-untyped-def]
    """Weigh the 4 × 4 windows of a row, four pixels at a time."""
    signature = types.void(stack, places, pitch, width)

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        stack, places = (
            _Memory(builder, _pointer(context, builder, kind, array))
            for kind, array in zip(signature.args[:2], arguments[:2], strict=True)
        )
        pitch, width = arguments[2:]
        stride = builder.mul(builder.add(width, _index(2 * MARGIN)), _index(_CHANNELS))
        weights_x, weights_y, found = (builder.mul(pitch, _index(row)) for row in (_WEIGHTS_X, _WEIGHTS_Y, _FOUND))

        def weighted_columns(pixel: ir.Value) -> _Lanes:
            column, line = (builder.fptosi(places.read_one(row, pixel), _INDEX) for row in (_index(0), pitch))
            corner = builder.add(builder.mul(column, _index(_CHANNELS)), builder.mul(line, stride))
            lines = []
            for index in range(4):
                weight = places.read_one(weights_y, builder.mul(pitch, _index(index)), pixel)
                lines.append(stack.read(corner, builder.mul(stride, _index(index))) * _everywhere(builder, weight))
            across = places.read_four(weights_x, builder.mul(pixel, _index(4)))
            return functools.reduce(operator.add, lines) * across

        fours = builder.sdiv(builder.add(width, _index(3)), _index(4))
        with cgutils.for_range(builder, fours, intp=_INDEX) as loop:
            first = builder.mul(loop.index, _index(4))
            a, b, c, d = (weighted_columns(builder.add(first, _index(pixel))) for pixel in range(4))
            sums = _halves_added(_halves_added(a, b, 8), _halves_added(c, d, 8), 4)
            places.write(sums, found, builder.mul(first, _index(_CHANNELS)))
        return context.get_dummy_value()

    return signature, build


def _data_term_of(smallest: float) -> Callable:
    @intrinsic
    def data_term(typing, state, places, columns, here, pitch, blocks):  # type: ignore[no-untyped-def]
        """From the warped image and gradient of a row: all that the iterations need of them; 0 behind the width."""
        signature = types.void(state, places, columns, here, pitch, blocks)

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            state, places, columns = (
                _Memory(builder, _pointer(context, builder, kind, array))
                for kind, array in zip(signature.args[:3], arguments[:3], strict=True)
            )
            here, pitch, blocks = arguments[3:]
            found = builder.mul(pitch, _index(_FOUND))
            start = [builder.add(here, builder.mul(pitch, _index(field))) for field in range(_FIELDS)]
            zero, one, flat, least = (_constant(builder, value) for value in (0, 1, _FLAT, smallest))
            with _along(builder, blocks) as x:
                u, v, first = (state.read(start[field], x) for field in (_U, _V, _FIRST))
                inside = columns.read(x)
                image, ix, iy = (
                    part.where(inside, ">", zero) for part in places.read_interleaved(found, x, x, x, x)[:3]
                )
                squared = ix * ix + iy * iy
                scale = one / squared.max(least)
                state.write(ix, start[_IX], x)
                state.write(iy, start[_IY], x)
                state.write(image - ix * u - iy * v - first, start[_RHO], x)
                state.write(scale.where(squared, ">", least, otherwise=flat), start[_SCALE], x)
            return context.get_dummy_value()

        return signature, build

    return data_term


_data_term_opencv, _data_term_ipol = _data_term_of(1.1920929e-07), _data_term_of(1e-10)


@_compiled
def _warp_opencv(state, stack, scratch, columns, height, width, pitch):  # type: ignore[no-untyped-def]
    """Warp as `cv2.remap` does with INTER_CUBIC, a = −3/4: pixels outside the image are 0."""
    blocks = (width + LANES - 1) // LANES
    for y in range(height):
        here = LANES + (y + 1) * _FIELDS * pitch
        _place_opencv(state, scratch, here, pitch, y, width, height, blocks)
        _gather(stack, scratch, pitch, width)  # type: ignore[call-arg]
        _data_term_opencv(state, scratch, columns, here, pitch, blocks)


@_compiled
def _warp_ipol(state, stack, scratch, columns, height, width, pitch):  # type: ignore[no-untyped-def]
    """Warp as the IPOL program does, a = −1/2: all 0 where the 4 × 4 window is not wholly inside the image."""
    blocks = (width + LANES - 1) // LANES
    for y in range(height):
        here = LANES + (y + 1) * _FIELDS * pitch
        _place_ipol(state, scratch, here, pitch, y, width, height, blocks)
        _gather(stack, scratch, pitch, width)  # type: ignore[call-arg]
        _data_term_ipol(state, scratch, columns, here, pitch, blocks)


# --- one level ------------------------------------------------------------------------------------------------------

LevelMemory = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def level_memory(height: int, width: int) -> LevelMemory:
    """What the solvers work in, for images up to the size: state, stack, scratch, columns and squares."""
    pitch = _pitch(width)
    return (
        _aligned((height + 2) * _FIELDS * pitch + 2 * LANES),
        _aligned((height + 2 * MARGIN) * (width + 2 * MARGIN) * _CHANNELS + LANES),
        _aligned(max((height + 5 + 12) * (pitch + LANES), _PLACES * pitch) + LANES),
        _aligned(3 * pitch),
        _aligned(LANES),
    )


def _pitch(width: int) -> int:
    """Floats between two fields of a row: whole vectors, at least one zero behind the width."""
    return (width // LANES + 1) * LANES


def _aligned(length: int) -> np.ndarray:
    """Zeros that begin at a cache line: a vector of 16 floats then touches one line."""
    memory = np.zeros(length + LANES, np.float32)
    start = (-memory.ctypes.data // memory.itemsize) % LANES
    return memory[start : start + length]


@_compiled
def _open_level(first, second, flow, memory, theta, tau_theta):  # type: ignore[no-untyped-def]
    """Zeros, the flow of the coarser level, the coefficients of the columns, image and gradients; the pitch."""
    state, stack, _, columns, _ = memory
    height, width = second.shape
    pitch = (width // LANES + 1) * LANES
    state[: 2 * LANES + (height + 2) * _FIELDS * pitch] = 0
    columns[: 3 * pitch] = 0
    for x in range(width):
        columns[x] = 1
        columns[pitch + x] = theta
        columns[2 * pitch + x] = tau_theta if x < width - 1 else np.float32(0)
    for y in range(height):
        row = LANES + (y + 1) * _FIELDS * pitch
        for x in range(width):
            state[row + x] = flow[y, x, 0]
            state[row + pitch + x] = flow[y, x, 1]
            state[row + _FIRST * pitch + x] = first[y, x]
    _fill_stack(second, stack)
    return pitch


@_compiled
def _close_level(flow, state, pitch):  # type: ignore[no-untyped-def]
    height, width, _ = flow.shape
    for y in range(height):
        row = LANES + (y + 1) * _FIELDS * pitch
        for x in range(width):
            flow[y, x, 0] = state[row + x]
            flow[y, x, 1] = state[row + pitch + x]


@_compiled
def solve_opencv_level(  # type: ignore[no-untyped-def]
    first,
    second,
    flow,
    memory,
    tau_theta,
    lambda_theta,
    theta,
    enough,
    warps,
    inner_iterations,
    outer_iterations,
    median,
):
    """TV-L1 at one level as OpenCV's DualTVL1OpticalFlow does it.

    Parameters
    ----------
    first, second : (H, W) float32 arrays
        Grey levels, 0–255.
    flow : (H, W, 2) float32 array
        u, v in px; changed in place.
    memory : LevelMemory
    tau_theta, lambda_theta, theta : float32
        τ/θ, λθ, θ.
    enough : float
        An iteration that changes the flow by no more than this (summed squares, px²) is the last of its warp.
    warps, inner_iterations, outer_iterations : int
    median : int
        Side of the median filter, 3 or 5; 1 for none.
    """
    state, stack, scratch, columns, squares = memory
    height, width = first.shape
    pitch = _open_level(first, second, flow, memory, theta, tau_theta)
    for _ in range(warps):
        _warp_opencv(state, stack, scratch, columns, height, width, pitch)
        changed = np.inf
        outer = 0
        while changed > enough and outer < outer_iterations:
            if median > 1:
                _median_filter(state, scratch, columns, _U, height, width, pitch, median)
                _median_filter(state, scratch, columns, _V, height, width, pitch, median)
            inner = 0
            while changed > enough and inner < inner_iterations:
                changed = _iterate(state, columns, squares, height, width, pitch, tau_theta, lambda_theta)
                inner += 1
            outer += 1
    _close_level(flow, state, pitch)


@_compiled
def solve_ipol_level(  # type: ignore[no-untyped-def]
    first, second, flow, memory, tau_theta, lambda_theta, theta, enough, warps, max_iterations
):
    """TV-L1 at one level as the IPOL program tvl1flow does it.

    Parameters are those of `solve_opencv_level`; `max_iterations` bounds the iterations of a warp.
    """
    state, stack, scratch, columns, squares = memory
    height, width = first.shape
    pitch = _open_level(first, second, flow, memory, theta, tau_theta)
    for _ in range(warps):
        _warp_ipol(state, stack, scratch, columns, height, width, pitch)
        changed = np.inf
        iteration = 0
        while changed > enough and iteration < max_iterations:
            changed = _iterate(state, columns, squares, height, width, pitch, tau_theta, lambda_theta)
            iteration += 1
    _close_level(flow, state, pitch)
