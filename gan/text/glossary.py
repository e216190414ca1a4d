"""What the names in a run's log and tables mean, one sentence each: alerts and series.

`gan-tui help` reads them; the definitions of the figures are in `gan.quality`.
"""

from __future__ import annotations

from typing import Final

ALERTS: Final = {
    "d_loss_near_zero": "The discriminator has won: its loss stayed near 0, so the generator "
    "learns little. A lower --learning-rate or dropout in the discriminator helps.",
    "d_loss_at_chance": "The discriminator gives every image the same score: its loss stayed "
    "where guessing would be, so it teaches the generator nothing.",
    "classes_missing": "Classes of the data were missing among the generated images in two "
    "evaluations running: mode collapse.",
    "variety_falling": "Generated images cover much less of the real ones than before: the "
    "generator repeats itself.",
    "copies": "Generated images repeat training images: more images or fewer epochs help.",
    "gpu_idle": "The run takes the CPU though the machine has a GPU; the alert says why, and what "
    "helps.",
    "stalled": "The device has not finished a call for much longer than calls took before.",
}
"""Every alert, by the name that it has in the log."""

SERIES: Final = {
    "d_loss": "The discriminator's loss at each step.",
    "g_loss": "The generator's loss at each step.",
    "real_score": "D(x): the mean over a batch of the discriminator's score of real images, from 0 "
    "to 1. With the relativistic loss, the share of pairs that it ranks right.",
    "fake_score": "D(G(z)): the mean score of generated images, from 0 to 1.",
    "fd": "Frechet distance of generated images from real ones, by a classifier of the same kind "
    "of images, not Inception: lower is better, and a perfect generator would have fd_real.",
    "fd_real": "The Frechet distance of as many other real images: the best that fd can be.",
    "kid": "Kernel distance of generated images from real ones, unbiased: around 0 for a perfect "
    "generator.",
    "density": "How densely real images surround a generated one: about 1 if they are alike.",
    "coverage": "Share of real images that have a generated one nearby, from 0 to 1.",
    "census": "Share of the generated images in each class, as the classifier sees them.",
    "confident": "Share of generated images of whose class the classifier is sure (above 0.9).",
    "copies": "Share of generated images that repeat a training image.",
}
"""Every series of a run, by the name that it has in the log and in exported tables."""

EXIT_CODES: Final = {
    "0": "Done: the run reached its end, or the command did what it was asked.",
    "1": "An error. The last lines on standard error say what happened and what to do.",
    "2": "A bad option or a combination of options that can't be used. Nothing was begun.",
    "3": "The run diverged: a loss stopped being finite. Earlier checkpoints are kept; --resume "
    "goes on from the newest, and a smaller --learning-rate for a new run may help.",
    "4": "No usable data, or no usable run or checkpoint. The line says which, and what is "
    "expected.",
    "74": "A file could not be read or written: a full disk, a lost mount, permissions.",
    "75": "Stopped early because somebody asked for it, with a checkpoint: --resume goes on.",
    "128+n": "Stopped by signal n with a checkpoint saved, or killed by it: 130 is ctrl+c, 143 "
    "SIGTERM, 137 SIGKILL, which is also how Linux ends a process when memory is out, and 139 a "
    "segmentation fault. --resume goes on from the newest checkpoint.",
}
"""What each exit code of `gan.errors.EXIT_CODES` means for whoever looks it up."""

SCREEN_LABELS: Final = {
    "d_loss": "D loss",
    "g_loss": "G loss",
    "real_score": "D(x)",
    "fake_score": "D(G(z))",
}
"""What the dashboard calls a series."""
