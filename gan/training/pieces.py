"""A network's pass in training, compiled in pieces between which replicas exchange statistics.

XLA can't compile a collective: a piece ends where the next layer needs the statistics of the whole
batch. A gradient tape outside records the pieces and the exchanges. The gradient of a piece is
compiled as the piece is, and the gradient of a sum over replicas is a sum over replicas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import tensorflow as tf

from gan.models.layers import BatchNormalization
from gan.models.networks import through

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gan.models.randomness import Draws, Purpose

    Reduce = Callable[[list[Any]], list[Any]]
    """Sums tensors over all replicas, each of one shape on all; differentiable. All replicas call
    it equally often and in the same order."""

SCALAR: Final = tf.TensorSpec((), tf.int64)


class Compiler:
    """Traces the functions of one replica, on its device."""

    def __init__(self, device: str, *, jit_compile: bool) -> None:
        """Nothing is traced here.

        Args:
            device: As TensorFlow names it.
            jit_compile: Whether XLA compiles the functions.
        """
        self._device = device
        self._jit_compile = jit_compile

    def __call__(self, function: Callable[..., Any], *signature: Any) -> Any:
        """The function of arguments with this signature, traced.

        It is traced here, and not where a strategy runs it: in a replica's context, Keras's
        optimizers would sum the gradients over replicas themselves.
        """
        traced = tf.function(function, autograph=False, jit_compile=self._jit_compile)
        with tf.device(self._device):
            return traced.get_concrete_function(*signature)


class Piece(NamedTuple):
    """Consecutive layers of a network that need nothing of other replicas."""

    normalisation: BatchNormalization | None
    """Comes first, with the statistics of the whole batch; `None` in the first piece."""

    layers: list[Any]
    next_normalisation: BatchNormalization | None
    """Whose statistics are measured at the end; `None` in the last piece."""


def cut(layers: Sequence[Any]) -> list[Piece]:
    """Cut a network before each batch normalisation."""
    places = [place for place, one in enumerate(layers) if isinstance(one, BatchNormalization)]
    starts, ends = [0, *(place + 1 for place in places)], [*places, len(layers)]
    normalisations = [None, *(layers[place] for place in places), None]
    return [
        Piece(normalisations[number], list(layers[start:end]), normalisations[number + 1])
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


class PiecewisePass:
    """One kind of pass through a network."""

    def __init__(
        self,
        network: Any,
        inputs: Any,
        compiled: Compiler,
        draws: Callable[[Any, Any], Draws],
        dropout: Purpose | None = None,
    ) -> None:
        """Trace its pieces.

        Args:
            network: A `keras.Sequential`.
            inputs: The signature of its inputs, with a static batch size.
            compiled: Traces them.
            draws: The random numbers of this replica, of a step and a branch.
            dropout: The purpose of those of the first dropout layer; `None` if nothing is dropped.
        """
        self._draws = draws
        self._dropout = dropout
        self.pieces: list[Any] = []
        """Each is a function of the step, the branch and what the one before returned; the first,
        of the network's inputs. It returns its outputs and, unless it is the last, a table of the
        moments for the next, in which only this replica's row is filled: float32, replicas x 2 x
        features."""

        for piece in cut(network.layers):
            function = compiled(self._function(piece), SCALAR, SCALAR, *inputs)
            self.pieces.append(function)
            inputs = [tf.TensorSpec(out.shape, out.dtype) for out in function.structured_outputs]

    def _function(self, piece: Piece) -> Callable[..., Any]:
        def run(step: Any, branch: Any, inputs: Any, *table: Any) -> tuple[Any, ...]:
            draws = self._draws(step, branch)
            if piece.normalisation is not None:
                inputs = piece.normalisation.normalise(inputs, *table)
            random_bytes = None if self._dropout is None else draws.dropout(self._dropout)
            outputs = through(piece.layers, inputs, training=True, random_bytes=random_bytes)
            last = outputs[-1] if outputs else inputs
            if piece.next_normalisation is None:
                return (last,)
            share = draws.share
            row = piece.next_normalisation.batch_moments(last)[tf.newaxis]
            others = (share.replica, share.replicas - share.replica - 1)
            return last, tf.pad(row, (others, (0, 0), (0, 0)))

        return run


def in_lockstep(
    passes: Sequence[PiecewisePass], inputs: Sequence[Any], reduce: Reduce, step: Any, branch: Any
) -> list[Any]:
    """Make several passes through one network, with one exchange for all of them at each cut.

    Args:
        passes: Through the same network.
        inputs: Of each pass.
        reduce: Sums over replicas.
        step: Steps completed, a scalar int64.
        branch: How many times the run was rolled back, a scalar int64.

    Returns:
        The network's outputs in each pass.
    """
    state: list[Any] = [(one,) for one in inputs]
    for functions in zip(*(one.pieces for one in passes), strict=True):
        if len(state[0]) > 1:
            tables = reduce([row for _, row in state])
            state = [(out, table) for (out, _), table in zip(state, tables, strict=True)]
        pairs = zip(functions, state, strict=True)
        state = [function(step, branch, *arguments) for function, arguments in pairs]
    return [outputs for (outputs,) in state]
