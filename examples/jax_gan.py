"""A GAN on MNIST in JAX alone: python examples/jax_gan.py mnist.npz [steps]."""

import sys

import jax
import jax.numpy as jnp
import numpy as np

from gan import Recorder

LATENT_DIM, BATCH_SIZE = 64, 128


def network(key, *sizes):
    shapes = list(zip(jax.random.split(key, len(sizes)), sizes, sizes[1:]))
    return [(jax.random.normal(k, (n, m)) * (2 / n) ** 0.5, jnp.zeros(m)) for k, n, m in shapes]


def apply(layers, x):
    for w, b in layers[:-1]:
        x = jax.nn.leaky_relu(x @ w + b, 0.2)
    return x @ layers[-1][0] + layers[-1][1]


def bce(d, images, label):
    return jax.nn.softplus((1 - 2 * label) * apply(d, images)).mean()


def rmsprop(params, grads, squares):
    squares = jax.tree.map(lambda s, g: 0.99 * s + 0.01 * g * g, squares, grads)
    update = jax.tree.map(lambda g, s: 1e-4 * g / (s**0.5 + 1e-6), grads, squares)
    return jax.tree.map(jnp.subtract, params, update), squares


@jax.jit
def train_step(d, g, squares, real, z):
    fake = jnp.tanh(apply(g, z))
    d_loss, d_grads = jax.value_and_grad(lambda d: bce(d, real, 1) + bce(d, fake, 0))(d)
    g_loss, g_grads = jax.value_and_grad(lambda g: bce(d, jnp.tanh(apply(g, z)), 1))(g)
    (d, g), squares = rmsprop((d, g), (d_grads, g_grads), squares)
    return d, g, squares, d_loss, g_loss


images = np.load(sys.argv[1])["x_train"].reshape(-1, 784) / np.float32(127.5) - 1
steps = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
key, d_key, g_key, z_key = jax.random.split(jax.random.key(0), 4)
d, g = network(d_key, 784, 512, 256, 1), network(g_key, LATENT_DIM, 256, 512, 784)
squares = jax.tree.map(jnp.ones_like, (d, g))
latents = jax.random.normal(z_key, (16, LATENT_DIM))
with Recorder("runs", name="jax-gan", total_steps=steps, latents=latents) as run:
    for step in range(steps):
        real = images[np.random.randint(len(images), size=BATCH_SIZE)]
        z = jax.random.normal(jax.random.fold_in(key, step), (BATCH_SIZE, LATENT_DIM))
        d, g, squares, d_loss, g_loss = train_step(d, g, squares, real, z)
        run.log(d_loss=d_loss, g_loss=g_loss)
        if run.wants_samples():
            run.samples(jnp.tanh(apply(g, latents)).reshape(-1, 28, 28))
        if run.obey(save=lambda: np.savez("generator.npz", *jax.tree.leaves(g))):
            break
