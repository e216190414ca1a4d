"""A DCGAN on MNIST in Keras: python examples/keras_dcgan.py mnist.npz [steps]."""

import sys

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from gan.keras import RunRecorder

LATENT_DIM, BATCH_SIZE = 64, 64


generator = keras.Sequential([layers.Input([LATENT_DIM]), layers.Dense(7 * 7 * 64)])
generator.add(layers.Reshape([7, 7, 64]))
for filters in (64, 32):
    generator.add(layers.BatchNormalization())
    generator.add(layers.LeakyReLU())
    generator.add(layers.Conv2DTranspose(filters // 2, 5, strides=2, padding="same"))
generator.add(layers.Conv2D(1, 5, padding="same", activation="tanh"))

discriminator = keras.Sequential([layers.Input([28, 28, 1])])
for filters in (32, 64):
    discriminator.add(layers.Conv2D(filters, 5, strides=2, padding="same"))
    discriminator.add(layers.LeakyReLU())
    discriminator.add(layers.Dropout(0.3))
discriminator.add(layers.Flatten())
discriminator.add(layers.Dense(1))


class GAN(keras.Model):
    def train_step(self, real):
        z = tf.random.normal([tf.shape(real)[0], LATENT_DIM])
        with tf.GradientTape() as d_tape, tf.GradientTape() as g_tape:
            fake = generator(z, training=True)
            on_real, on_fake = (
                discriminator(real, training=True),
                discriminator(fake, training=True),
            )
            g_loss = bce(tf.ones_like(on_fake), on_fake)
            d_loss = bce(tf.ones_like(on_real), on_real) + bce(tf.zeros_like(on_fake), on_fake)
        d_variables, g_variables = discriminator.trainable_variables, generator.trainable_variables
        d_optimizer.apply(d_tape.gradient(d_loss, d_variables), d_variables)
        g_optimizer.apply(g_tape.gradient(g_loss, g_variables), g_variables)
        return {"d_loss": d_loss, "g_loss": g_loss}


bce = keras.losses.BinaryCrossentropy(from_logits=True)
d_optimizer, g_optimizer = keras.optimizers.Adam(2e-4, 0.5), keras.optimizers.Adam(2e-4, 0.5)
images = np.load(sys.argv[1])["x_train"][..., None].astype("float32") / 127.5 - 1
steps = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
data = tf.data.Dataset.from_tensor_slices(images).shuffle(10_000).repeat().batch(BATCH_SIZE)
latents = keras.random.normal([16, LATENT_DIM])
draw, save = lambda: generator(latents), lambda: generator.save("generator.keras")
recorder = RunRecorder("runs", name="keras-dcgan", latents=latents, samples=draw, save=save)
gan = GAN()
gan.compile()
gan.fit(data, steps_per_epoch=min(steps, 500), epochs=-(-steps // 500), callbacks=[recorder])
