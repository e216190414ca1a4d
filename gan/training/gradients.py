"""The gradients of one step, from one forward pass: each network's own loss, by its own weights.

Two ways to the same numbers. The plain one asks the tape for both losses. The shared one goes back
through the discriminator once for both, where that judges each image alone: then a loss reaches
the layers of an image through its one logit, so that everything behind the logit is the same for
both losses but for a factor an image. The plain way is the reference that tests hold the other to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import tensorflow as tf

from gan.models.networks import Applied, forward
from gan.training.losses import discriminator_loss, generator_loss

if TYPE_CHECKING:
    from collections.abc import Callable

    from gan.models.bfloat16 import Product
    from gan.models.networks import Networks, Random

    Dropout = Callable[[bool], Random]
    """Random numbers for the discriminator's dropout: over fakes alone, or over reals or both."""


class Gradients(NamedTuple):
    """What one forward and backward pass tells."""

    d_loss: Any
    g_loss: Any
    real_logits: Any
    fake_logits: Any
    discriminator: list[Any]
    """Of d_loss, by the discriminator's trainable variables."""

    generator: list[Any]
    """Of g_loss, by the generator's trainable variables."""


def plain_gradients(
    networks: Networks, real_images: Any, latents: Any, dropout: Dropout
) -> Gradients:
    """Both losses' gradients by the tape.

    Args:
        networks: The pair; their batch normalisation tracks the batches.
        real_images: Float32, batch x 28 x 28.
        latents: Float32, batch x latent_dim.
        dropout: Random numbers.
    """
    generator, discriminator = networks.generator, networks.discriminator
    with tf.GradientTape(persistent=True) as tape:
        fake_images = forward(generator, latents, training=True, product=networks.product)
        real_logits, fake_logits = _judged(networks, real_images, fake_images, dropout)
        d_loss = discriminator_loss(real_logits, fake_logits)
        g_loss = generator_loss(fake_logits)
    d_gradients = tape.gradient(d_loss, discriminator.trainable_variables)
    g_gradients = tape.gradient(g_loss, generator.trainable_variables)
    return Gradients(d_loss, g_loss, real_logits, fake_logits, d_gradients, g_gradients)


def shared_gradients(
    networks: Networks, real_images: Any, latents: Any, dropout: Dropout
) -> Gradients:
    """The same with one way back through the discriminator; see `can_share`."""
    generator, discriminator = networks.generator, networks.discriminator
    product = networks.product or tf.matmul
    layers: list[Applied] = []
    with tf.GradientTape(persistent=True) as tape:
        fake_images = forward(generator, latents, training=True, product=networks.product)
        both = tf.concat([real_images, fake_images], axis=0)
        logits = forward(
            discriminator,
            both,
            training=True,
            random=dropout(False),
            product=networks.product,
            dense=layers.append,
        )
    with tf.GradientTape(persistent=True) as losses:
        losses.watch(logits)
        real_logits, fake_logits = tf.split(logits, 2, axis=0)
        d_loss = discriminator_loss(real_logits, fake_logits)
        g_loss = generator_loss(fake_logits)
    # From each image's logit to each layer; a loss only adds its factor for the image.
    back = tape.gradient(logits, [applied.outputs for applied in layers])
    by_d, by_g = losses.gradient(d_loss, logits), losses.gradient(g_loss, fake_logits)
    d_gradients = [
        gradient
        for applied, way in zip(layers, back, strict=True)
        for gradient in _of_dense(applied, way * by_d, product)
    ]
    fakes = tf.shape(fake_images)
    of_fakes = product(back[0][-fakes[0] :] * by_g, layers[0].layer.kernel.value, transpose_b=True)
    g_gradients = tape.gradient(
        fake_images, generator.trainable_variables, output_gradients=tf.reshape(of_fakes, fakes)
    )
    return Gradients(d_loss, g_loss, real_logits, fake_logits, d_gradients, g_gradients)


def can_share(networks: Networks) -> bool:
    """Whether the way back through the discriminator serves both losses.

    It does where each image is judged alone, and every weight is a Dense layer's without an
    activation of its own.
    """
    weighted = [layer for layer in networks.discriminator.layers if layer.trainable_variables]
    return not networks.normalises_batches and all(
        isinstance(layer, keras.layers.Dense) and layer.activation is keras.activations.linear
        for layer in weighted
    )


def _judged(
    networks: Networks, real_images: Any, fake_images: Any, dropout: Dropout
) -> tuple[Any, Any]:
    """The logits of both batches.

    A discriminator that judges each image alone sees both in one product of twice the rows, which
    keeps a CPU's or a GPU's matrix unit fuller. One that normalises batches must see them apart,
    or real and fake would share statistics.
    """

    def judge(images: Any, random: Random) -> Any:
        return forward(
            networks.discriminator, images, training=True, random=random, product=networks.product
        )

    if networks.normalises_batches:
        return judge(real_images, dropout(False)), judge(fake_images, dropout(True))
    both = tf.concat([real_images, fake_images], axis=0)
    real, fake = tf.split(judge(both, dropout(False)), 2, axis=0)
    return real, fake


def _of_dense(applied: Applied, by_outputs: Any, product: Product) -> list[Any]:
    """The gradients of a Dense layer's variables, in their order."""
    kernel = product(applied.inputs, by_outputs, transpose_a=True)
    return [kernel, tf.reduce_sum(by_outputs, axis=0)] if applied.layer.use_bias else [kernel]
