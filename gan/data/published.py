"""The data sets that have names: their files, who publishes these, and their checksums.

The checksums are those of Keras (`mnist.npz`) and of TensorFlow Datasets (`url_checksums/`, all
others); torchvision's MD5 sums are of the same files. A new data set is a row here, and its name
in `gan.data.sources`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gan.data import sources


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file as its publisher has it, byte for byte."""

    name: str
    """The last part of its URL, and its name in the cache."""

    size: int
    """Bytes."""

    sha256: str
    """In hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One form in which the training images of a data set are published."""

    files: tuple[PublishedFile, ...]
    """The first holds the images; their labels are in it or are found beside it."""

    mirrors: tuple[str, ...]
    """The common starts of the URLs, in the order in which they are tried."""

    folder: str
    """Where the files are in the cache, relative to it."""

    is_kerass: bool = False
    """Whether that is Keras's cache, so that each program finds what the other has downloaded."""

    part: str = ""
    """Which of several data sets in the first file, as after the colon of `PATH:NAME`."""

    def urls(self, file: PublishedFile) -> tuple[str, ...]:
        """Where to download a file from."""
        return tuple(mirror + file.name for mirror in self.mirrors)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set that has a name."""

    name: str
    """On the command line."""

    copies: tuple[Copy, ...]
    """In the order in which they are looked for, and downloaded. Their images are the same."""

    @property
    def file_name(self) -> str:
        """The name as a part of a run's."""
        return self.name.replace("/", "-")


_KERAS: Final = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_MNIST_IMAGES: Final = "train-images-idx3-ubyte.gz"
_MNIST_LABELS: Final = "train-labels-idx1-ubyte.gz"

MNIST: Final = Dataset(
    sources.MNIST,
    (
        Copy(
            files=(
                PublishedFile(
                    "mnist.npz",
                    11_490_434,
                    "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
                ),
            ),
            mirrors=(_KERAS,),
            folder="datasets",
            is_kerass=True,
        ),
        Copy(
            files=(
                PublishedFile(
                    _MNIST_IMAGES,
                    9_912_422,
                    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                ),
                PublishedFile(
                    _MNIST_LABELS,
                    28_881,
                    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                ),
            ),
            mirrors=(
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
            ),
            folder="datasets/mnist",
        ),
    ),
)

_FASHION_MNIST: Final = Dataset(
    sources.FASHION_MNIST,
    (
        Copy(
            files=(
                PublishedFile(
                    _MNIST_IMAGES,
                    26_421_880,
                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                ),
                PublishedFile(
                    _MNIST_LABELS,
                    29_515,
                    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                ),
            ),
            mirrors=(
                _KERAS,
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
            ),
            folder="datasets/fashion-mnist",
            is_kerass=True,
        ),
    ),
)

_KMNIST: Final = Dataset(
    sources.KMNIST,
    (
        Copy(
            files=(
                PublishedFile(
                    _MNIST_IMAGES,
                    18_165_135,
                    "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
                ),
                PublishedFile(
                    _MNIST_LABELS,
                    29_497,
                    "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
                ),
            ),
            mirrors=(
                "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
                "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            ),
            folder="datasets/kmnist",
        ),
    ),
)

_QMNIST: Final = Dataset(
    sources.QMNIST,
    (
        Copy(
            files=(
                PublishedFile(
                    "qmnist-train-images-idx3-ubyte.gz",
                    9_704_059,
                    "9e26a7bf1683614e065d7b76460ccd52807165b3f22561fb782bd9f38c52b51d",
                ),
                PublishedFile(
                    "qmnist-train-labels-idx2-int.gz",
                    463_024,
                    "2c05dc77f6b916b38e455e97ab129a42a444f3dbef09b278a366f82904e0dd9f",
                ),
            ),
            mirrors=(
                "https://raw.githubusercontent.com/facebookresearch/qmnist/master/",
                "https://github.com/facebookresearch/qmnist/raw/master/",
            ),
            folder="datasets/qmnist",
        ),
    ),
)


def _emnist(split: str) -> Dataset:
    """One split of EMNIST; all are in one archive."""
    archive = PublishedFile(
        "gzip.zip",
        561_753_746,
        "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
    )
    copy = Copy(
        files=(archive,),
        mirrors=(
            "https://biometrics.nist.gov/cs_links/EMNIST/",
            "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
        ),
        folder="datasets/emnist",
        part=split,
    )
    return Dataset(f"{sources.EMNIST}/{split}", (copy,))


DATASETS: Final = {
    one.name: one
    for one in (
        MNIST,
        _FASHION_MNIST,
        _KMNIST,
        _QMNIST,
        *(_emnist(split) for split in sources.EMNIST_SPLITS),
    )
}
"""Every data set that has a name, by it."""
