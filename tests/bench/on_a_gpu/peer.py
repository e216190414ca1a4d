"""The same training as one would write it in JAX: a step, and `lax.scan` over it.

It has the recipe of the exported program: shifts, gradient penalty, schedule, Adam, and an averaged
generator. It draws by JAX's own generator, so its losses are others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import jax
import jax.numpy as jnp
from jax import lax

from tests.bench.on_a_gpu.peer_networks import LAYERS, SIDE, Network, network

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.on_a_gpu.folder import Exported, Folder
    from tests.bench.on_a_gpu.xla import Device

    Tree = Any
    """JAX's nested lists and dictionaries of arrays."""

_BETA_2: Final = 0.999
_EPSILON: Final = 1e-7
_PENALTY_STEPS: Final = 2
_PENALTY_IMAGES: Final = 16
_AVERAGED_STEPS: Final = 8
_RAMP: Final = 0.08
_CONSTANT_SHARE: Final = 0.25
_FLOOR: Final = 0.01


def peer_loop(exported: Exported, folder: Folder, device: Device) -> Callable[[int], Any]:
    """A function that makes that many steps and returns both losses of each, 2 x steps.

    It compiles anew for every number of steps.
    """
    images = jax.device_put(folder.array(exported.arrays[0]), device.device)
    order = jax.device_put(folder.array(exported.arrays[1]), device.device)
    compiled = _jitted(exported)
    with jax.default_device(device.device):
        state = _first_state(exported)

    def run(steps: int) -> Any:
        nonlocal state
        state, losses = compiled(state, images, order, steps)
        return jax.device_get(losses).T

    return run


def stablehlo_of_peer(exported: Exported, folder: Folder, steps: int) -> str:
    """The same loop, not compiled."""
    images, order = (folder.array(key) for key in exported.arrays[:2])
    text: str = _jitted(exported).lower(_first_state(exported), images, order, steps).as_text()
    return text


def _jitted(exported: Exported) -> Any:
    step = _step_of(exported)

    def loop(state: Tree, images: Any, order: Any, steps: int) -> tuple[Tree, Any]:
        def body(state: Tree, index: Any) -> tuple[Tree, Any]:
            start = index * exported.batch_size
            chosen = lax.dynamic_slice(order, (start,), (exported.batch_size,))
            return step(state, images[chosen])

        scanned: tuple[Tree, Any] = lax.scan(body, state, jnp.arange(steps))
        return scanned

    return jax.jit(loop, static_argnums=3, donate_argnums=0)


def _networks(exported: Exported) -> tuple[Network, Network]:
    key = jax.random.key(exported.recipe["seed"])
    g_layers, d_layers = LAYERS[exported.preset]
    g_key, d_key = jax.random.split(key)
    generator = network(g_layers, exported.precision, exported.recipe["latent_dim"], g_key)
    return generator, network(d_layers, exported.precision, SIDE * SIDE, d_key)


def _first_state(exported: Exported) -> Tree:
    generator, discriminator = _networks(exported)

    def trained(parameters: Tree) -> Tree:
        zeros = jax.tree.map(jnp.zeros_like, parameters)
        return {"now": parameters, "m": zeros, "v": jax.tree.map(jnp.copy, zeros)}

    return {
        "g": trained(generator.parameters),
        "d": trained(discriminator.parameters),
        "average": jax.tree.map(jnp.copy, generator.parameters),
        "step": jnp.int32(0),
    }


def _step_of(exported: Exported) -> Callable[[Tree, Any], tuple[Tree, Any]]:
    recipe, batch = exported.recipe, exported.batch_size
    generate, judge = (one.apply for one in _networks(exported))
    separately = exported.preset == "tutorial"

    def logits_of(parameters: Tree, both: Any) -> Any:
        if not separately:
            return judge(parameters, both)
        halves = (judge(parameters, half) for half in (both[:batch], both[batch:]))
        return jnp.concatenate(list(halves))

    def step(state: Tree, chosen: Any) -> tuple[Tree, Any]:
        key = jax.random.fold_in(jax.random.key(recipe["seed"]), state["step"])
        z_key, shift_key = jax.random.split(key)
        latents = jax.random.normal(z_key, (batch, recipe["latent_dim"]))
        real = chosen.astype(jnp.float32) / 127.5 - 1.0

        def seen(parameters: Tree) -> Any:
            fake = generate(parameters, latents).reshape(batch, SIDE, SIDE)
            return _shifted(jnp.concatenate([real, fake]), shift_key, recipe["max_shift"])

        d, g = state["d"]["now"], state["g"]["now"]
        both, pull_images = jax.vjp(seen, g)
        logits, pull_logits = jax.vjp(logits_of, d, both)
        losses, pull_losses = jax.vjp(lambda one: _losses(one, recipe["loss"]), logits)
        d_gradients, _ = pull_logits(*pull_losses((jnp.float32(1), jnp.float32(0))))
        (by_g,) = pull_losses((jnp.float32(0), jnp.float32(1)))
        _, by_images = pull_logits(by_g.at[:batch].set(0.0))
        (g_gradients,) = pull_images(by_images.at[:batch].set(0.0))
        if recipe["gradient_penalty"]:
            by_penalty = _penalty(judge, d, both, state["step"], recipe["gradient_penalty"])
            d_gradients = jax.tree.map(jnp.add, d_gradients, by_penalty)

        made = state["step"] + 1
        rate = _rate(state["step"], recipe, exported.steps_per_epoch)
        new = {
            "d": _adam(state["d"], d_gradients, rate, recipe["beta_1"], made),
            "g": _adam(state["g"], g_gradients, rate, recipe["beta_1"], made),
            "average": state["average"],
            "step": made,
        }
        if recipe["ema_half_life"]:
            new["average"] = _averaged(state["average"], new["g"]["now"], made, batch, recipe)
        return new, jnp.stack(losses)

    return step


def _losses(logits: Any, name: str) -> tuple[Any, Any]:
    real, fake = jnp.split(logits, 2)
    if name == "relativistic":
        return jax.nn.softplus(fake - real).mean(), jax.nn.softplus(real - fake).mean()
    return jax.nn.softplus(-real).mean() + jax.nn.softplus(fake).mean(), jax.nn.softplus(
        -fake
    ).mean()


def _shifted(images: Any, key: Any, most: int) -> Any:
    if not most:
        return images
    starts = jax.random.randint(key, (images.shape[0], 2), 0, 2 * most + 1)
    padded = jnp.pad(images, ((0, 0), (most, most), (most, most)), constant_values=-1.0)
    return jax.vmap(lambda one, start: lax.dynamic_slice(one, start, (SIDE, SIDE)))(padded, starts)


def _penalty(judge: Callable[..., Any], d: Tree, both: Any, step: Any, gamma: float) -> Tree:
    count = min(_PENALTY_IMAGES, both.shape[0] // 2)
    half = both.shape[0] // 2
    images = jnp.concatenate([both[:count], both[half : half + count]])

    def loss(d: Tree) -> Any:
        by_images = jax.grad(lambda images: judge(d, images).sum())(images)
        return _PENALTY_STEPS * gamma * jnp.square(by_images).sum((1, 2)).mean()

    return lax.cond(
        step % _PENALTY_STEPS == 0,
        jax.grad(loss),
        lambda d: jax.tree.map(jnp.zeros_like, d),
        d,
    )


def _rate(step: Any, recipe: dict[str, Any], steps_per_epoch: int) -> Any:
    if not recipe["horizon"]:
        return recipe["learning_rate"]
    share = step / (recipe["horizon"] * steps_per_epoch)
    left = jnp.clip((1.0 - share) / (1.0 - _CONSTANT_SHARE), 0.0, 1.0)
    return recipe["learning_rate"] * jnp.maximum(left, _FLOOR)


def _adam(trained: Tree, gradients: Tree, rate: Any, beta_1: float, made: Any) -> Tree:
    tree = jax.tree.map
    m = tree(lambda m, g: m + (g - m) * (1 - beta_1), trained["m"], gradients)
    v = tree(lambda v, g: v + (g * g - v) * (1 - _BETA_2), trained["v"], gradients)
    alpha = rate * jnp.sqrt(1 - _BETA_2**made) / (1 - beta_1**made)
    now = tree(lambda p, m, v: p - alpha * m / (jnp.sqrt(v) + _EPSILON), trained["now"], m, v)
    return {"now": now, "m": m, "v": v}


def _averaged(average: Tree, newest: Tree, made: Any, batch: int, recipe: dict[str, Any]) -> Tree:
    half_life = jnp.minimum(float(recipe["ema_half_life"]), _RAMP * made * batch)
    kept = 0.5 ** (_AVERAGED_STEPS * batch / half_life)
    return lax.cond(
        made % _AVERAGED_STEPS == 0,
        lambda: jax.tree.map(lambda a, n: n + kept * (a - n), average, newest),
        lambda: average,
    )
