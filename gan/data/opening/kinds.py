"""What a file may turn out to be, and what to use in place of one that can't be read."""

from __future__ import annotations

from enum import Enum
from typing import Final


class Kind(Enum):
    """What a file is, once decompressed."""

    IDX = "an IDX file"
    NPY = "a NumPy array"
    NPZ = "a NumPy archive"
    PARQUET = "a Parquet file"
    MATLAB = "a MATLAB file"
    HDF5 = "an HDF5 file"
    TABLE = "a table of text"
    PICTURE = "a picture"
    ZIP = "a zip archive"
    TAR = "a tar archive"
    EMPTY = "an empty file"
    HTML = "an HTML page"
    XML = "an XML message, such as a server sends in place of a file"
    LFS_POINTER = "a Git LFS pointer, not the file"
    PICKLE = "a pickle"
    PYTORCH = "a PyTorch file, which holds a pickle"
    SAFETENSORS = "a safetensors file"
    RAR = "a RAR archive"
    SEVEN_ZIP = "a 7z archive"
    PDF = "a PDF document"
    JSON = "JSON"
    TFRECORD = "a TFRecord file"
    ARROW = "an Arrow or Feather file"
    SQLITE = "an SQLite database"
    UNKNOWN = "a file of no known format"

    @property
    def is_archive(self) -> bool:
        """Whether files are in it."""
        return self in {Kind.ZIP, Kind.TAR}


_DOWNLOAD_AGAIN: Final = "the file that its name promises; download it again, from another address"
_NO_PICKLE: Final = (
    "an .npz, .npy or IDX file of the same images, because reading a pickle runs whatever code is "
    "in it, so it is never opened; convert it with numpy.savez if you trust it"
)
_UNPACK: Final = "a zip or tar archive, or the folder that it unpacks to"

UNUSABLE: Final = {
    Kind.EMPTY: "a file with images; it may be a download that failed, so download it again",
    Kind.HTML: _DOWNLOAD_AGAIN,
    Kind.XML: _DOWNLOAD_AGAIN,
    Kind.LFS_POINTER: "the file itself; run `git lfs pull` in the clone that it is from",
    Kind.PICKLE: _NO_PICKLE,
    Kind.PYTORCH: (
        "an .npz file or the original files (MNIST/raw for torchvision), because reading a pickle "
        "runs whatever code is in it; save it with numpy.savez(FILE, images=tensor.numpy())"
    ),
    Kind.SAFETENSORS: "an .npz file; convert it with numpy.savez",
    Kind.RAR: _UNPACK,
    Kind.SEVEN_ZIP: _UNPACK,
    Kind.PDF: _DOWNLOAD_AGAIN,
    Kind.JSON: "a table of numbers, or another file of images",
    Kind.TFRECORD: (
        "an .npz, IDX or Parquet file of the same images; convert it with tfds.as_numpy or "
        "tf.data.TFRecordDataset, and numpy.savez"
    ),
    Kind.ARROW: "a Parquet file of the same rows; write it with dataset.to_parquet(FILE)",
    Kind.SQLITE: "a file of images",
}
"""What to use in place of a file that no reader takes."""
