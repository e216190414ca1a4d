"""The loop that most people write first: the tutorial's step, eager or as a graph, with tf.data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import keras
import tensorflow as tf

from gan.models import tutorial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gan.events import Images

_LATENT_DIM: Final = 100
_LEARNING_RATE: Final = 1e-4


def eager_loop(images: Images, batch_size: int) -> Callable[[int], None]:
    """The tutorial's loop on its own networks; call it with a number of steps."""
    return _looped(_step(batch_size), _batches(images, batch_size))


def compiled_loop(images: Images, batch_size: int) -> Callable[[int], None]:
    """The same, with the step compiled as a graph."""
    return _looped(tf.function(_step(batch_size)), _batches(images, batch_size))


def _step(batch_size: int) -> Callable[[Any], None]:
    networks = tutorial.build(_LATENT_DIM, 1)
    generator, discriminator = networks.generator, networks.discriminator
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    g_optimizer = keras.optimizers.Adam(_LEARNING_RATE)
    d_optimizer = keras.optimizers.Adam(_LEARNING_RATE)
    g_optimizer.build(generator.trainable_variables)
    d_optimizer.build(discriminator.trainable_variables)

    def step(real_images: Any) -> None:
        latents = tf.random.normal([batch_size, _LATENT_DIM])
        with tf.GradientTape() as g_tape, tf.GradientTape() as d_tape:
            fake_images = generator(latents, training=True)
            real_logits = discriminator(real_images, training=True)
            fake_logits = discriminator(fake_images, training=True)
            g_loss = cross_entropy(tf.ones_like(fake_logits), fake_logits)
            d_loss = cross_entropy(tf.ones_like(real_logits), real_logits)
            d_loss += cross_entropy(tf.zeros_like(fake_logits), fake_logits)
        g_gradients = g_tape.gradient(g_loss, generator.trainable_variables)
        d_gradients = d_tape.gradient(d_loss, discriminator.trainable_variables)
        g_optimizer.apply(g_gradients, generator.trainable_variables)
        d_optimizer.apply(d_gradients, discriminator.trainable_variables)

    return step


def _batches(images: Images, batch_size: int) -> Iterator[Any]:
    floats = (images.astype("float32") - 127.5) / 127.5
    dataset = tf.data.Dataset.from_tensor_slices(floats)
    return iter(dataset.shuffle(len(images)).batch(batch_size, drop_remainder=True).repeat())


def _looped(step: Callable[[Any], None], batches: Iterator[Any]) -> Callable[[int], None]:
    def run(steps: int) -> None:
        for _ in range(steps):
            step(next(batches))

    return run
