"""A GAN on MNIST in PyTorch: python examples/pytorch_gan.py mnist.npz [steps]."""

import sys

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from gan import Recorder

LATENT_DIM, BATCH_SIZE = 64, 128
device = "cuda" if torch.cuda.is_available() else "cpu"


def dense(n, m):
    return nn.Sequential(nn.Linear(n, m), nn.LeakyReLU(0.2), nn.Dropout(0.3))


generator = nn.Sequential(dense(LATENT_DIM, 256), dense(256, 512), nn.Linear(512, 784), nn.Tanh())
discriminator = nn.Sequential(dense(784, 512), dense(512, 256), nn.Linear(256, 1))
for network in (generator, discriminator):
    network.to(device)
d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
g_optimizer = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))

images = torch.from_numpy(np.load(sys.argv[1])["x_train"]).float().div(127.5).sub(1).flatten(1)
steps = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
latents = torch.randn(16, LATENT_DIM, device=device)

with Recorder("runs", name="pytorch-gan", total_steps=steps, latents=latents) as run:
    for _ in range(steps):
        real = images[torch.randint(len(images), (BATCH_SIZE,))].to(device)
        fake = generator(torch.randn(BATCH_SIZE, LATENT_DIM, device=device))

        on_real, on_fake = discriminator(real), discriminator(fake.detach())
        d_loss = bce(on_real, torch.ones_like(on_real)) + bce(on_fake, torch.zeros_like(on_fake))
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()
        on_fake = discriminator(fake)
        g_loss = bce(on_fake, torch.ones_like(on_fake))
        g_optimizer.zero_grad()
        g_loss.backward()
        g_optimizer.step()
        run.log(d_loss=d_loss, g_loss=g_loss, logit=on_real.mean())
        if run.wants_samples():
            with torch.no_grad():
                run.samples(generator(latents).unflatten(1, (28, 28)))
        if run.obey(save=lambda: torch.save(generator.state_dict(), "generator.pt")):
            break
