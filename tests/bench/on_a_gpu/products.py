"""Matrix products in JAX, rounded as a precision says, with gradients made of the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import jax
import jax.numpy as jnp
from jax import lax

if TYPE_CHECKING:
    from collections.abc import Callable

_PRECISIONS: Final = {"float32": lax.Precision.HIGHEST, "tf32": lax.Precision.DEFAULT}


def product_of(precision: str) -> Callable[..., Any]:
    """A function that multiplies (a, b), or their transposes by `ta` and `tb`, into float32."""

    def product(a: Any, b: Any, *, ta: bool = False, tb: bool = False) -> Any:
        dimensions = (((0,) if ta else (1,), (1,) if tb else (0,)), ((), ()))
        if precision == "bfloat16":
            a, b = a.astype(jnp.bfloat16), b.astype(jnp.bfloat16)
        return lax.dot_general(
            a,
            b,
            dimensions,
            precision=_PRECISIONS.get(precision),
            preferred_element_type=jnp.float32,
        )

    return product


def multiplier(precision: str) -> Callable[[Any, Any], Any]:
    """A differentiable product of two matrices, to any order."""
    product = product_of(precision)

    def multiply(a: Any, b: Any, ta: bool, tb: bool) -> Any:
        return product(a, b, ta=ta, tb=tb)

    by_place = jax.custom_vjp(multiply, nondiff_argnums=(2, 3))

    def backward(ta: bool, tb: bool, kept: tuple[Any, Any], by_product: Any) -> tuple[Any, Any]:
        a, b = kept
        by_a = by_place(b, by_product, tb, True) if ta else by_place(by_product, b, False, not tb)
        by_b = by_place(by_product, a, True, ta) if tb else by_place(a, by_product, not ta, False)
        return by_a, by_b

    by_place.defvjp(lambda a, b, ta, tb: (multiply(a, b, ta, tb), (a, b)), backward)
    return lambda a, b: by_place(a, b, False, False)
