"""NVIDIA's libraries, which TensorFlow opens by name: where each is found, and what is missing.

TensorFlow says "Cannot dlopen some GPU libraries" and names none of them:
https://github.com/tensorflow/tensorflow/issues/66987.
"""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from gan.machine.child import run_child
from gan.machine.ranges import is_within
from gan.machine.wheel import DISTRIBUTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from gan.machine.child import ChildEnd

INSTALL: Final = "pip install 'gan-tui[cuda]'"
"""What brings all of them except for the driver."""

_PATH: Final = "LD_LIBRARY_PATH"
_WSL_FOLDER: Final = Path("/usr/lib/wsl/lib")
_WSL_DEVICE: Final = Path("/dev/dxg")

_DRIVER: Final = "libcuda.so.1"

_SONAMES: Final[Mapping[int, tuple[tuple[str, str], ...]]] = {
    12: (
        ("cudart", "libcudart.so.12"),
        ("cublas", "libcublas.so.12"),
        ("cublasLt", "libcublasLt.so.12"),
        ("cufft", "libcufft.so.11"),
        ("cusolver", "libcusolver.so.11"),
        ("cusparse", "libcusparse.so.12"),
        ("nccl", "libnccl.so.2"),
        ("nvjitlink", "libnvJitLink.so.12"),
    ),
    13: (
        ("cudart", "libcudart.so.13"),
        ("cublas", "libcublas.so.13"),
        ("cublasLt", "libcublasLt.so.13"),
        ("cufft", "libcufft.so.12"),
        ("cusolver", "libcusolver.so.12"),
        ("cusparse", "libcusparse.so.12"),
        ("nccl", "libnccl.so.2"),
        ("nvjitlink", "libnvJitLink.so.13"),
    ),
}
"""The names of the libraries by the major version of CUDA, as NVIDIA's packages have them."""

_REQUIRED: Final = re.compile(
    r"Requires-Dist: (?P<name>nvidia-[a-z0-9-]+)\s*(?P<range>[^;]*);\s*extra == .and-cuda."
)
"""NVIDIA's packages in the metadata of TensorFlow."""

_CUDNN: Final = "nvidia-cudnn-cu"
_CUDNN_OF_TURING: Final = "9.11"
_TURING: Final = (7, 5)
"""The first cuDNN that has dropped what is older than this compute capability, by its support
matrix: https://github.com/Quansight/open-gpu-server/issues/69."""

_CACHE_LINE: Final = re.compile(r"\s*(\S+) \(.*\) => (\S+)")
_LOAD_SECONDS: Final = 60.0

_LOADER: Final = """
import ctypes, json, sys
said = {}
for path in sys.argv[1:]:
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        said[path] = str(error)
        continue
    if hasattr(library, "cuInit") and (status := library.cuInit(0)):
        name = ctypes.c_char_p()
        library.cuGetErrorName(status, ctypes.byref(name))
        said["cuInit"] = (name.value or b"error %d" % status).decode()
print(json.dumps(said))
"""
"""Opens libraries, and starts the driver, in a process of its own: this one must not hold another
library than TensorFlow's, and a driver may hang."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """One library, and where the dynamic linker would find it for TensorFlow."""

    name: str
    """What it is called: `cudnn`."""

    soname: str
    """What TensorFlow opens: `libcudnn.so.9`."""

    path: str = ""
    """Where it is; empty if it is nowhere."""

    place: Literal["", "packages", "LD_LIBRARY_PATH", "conda", "system"] = ""
    """Where it comes from: Python's packages, the variable, the environment of conda that this
    Python belongs to, or the system's own folders."""

    shadows: str = ""
    """The one among Python's packages that it is taken in place of."""

    other: str = ""
    """A library of the same name and another version, where this one is missing."""

    error: str = ""
    """Why it can't be opened, in the linker's words; empty if it can, or it was not tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CudaLibraries:
    """All that TensorFlow needs for an NVIDIA GPU besides itself."""

    libraries: tuple[Library, ...]
    ptxas: str = ""
    """NVIDIA's assembler, which XLA starts; empty if it is nowhere."""

    libdevice: str = ""
    """NVIDIA's mathematical functions, such as `exp`; empty if they are nowhere."""

    library_path: str = ""
    """`LD_LIBRARY_PATH`."""

    versions: Mapping[str, str] = field(default_factory=dict)
    """The versions of the installed packages of NVIDIA, by their names."""

    wanted: Mapping[str, str] = field(default_factory=dict)
    """The ranges of versions that TensorFlow asks for, by the same names."""

    is_wsl: bool = False
    """Whether this is Windows's Linux, whose driver lives in a folder of its own."""

    refusal: str = ""
    """The error with which the driver refuses to start, such as `CUDA_ERROR_UNKNOWN`; empty if it
    starts, or it was not tried."""

    @property
    def missing(self) -> tuple[Library, ...]:
        """Those that are nowhere, or can't be opened."""
        return tuple(library for library in self.libraries if not library.path or library.error)

    @property
    def has_driver(self) -> bool:
        """Whether CUDA's driver is there, so that TensorFlow will start it."""
        return any(library.soname == _DRIVER and library.path for library in self.libraries)

    @property
    def shadowing(self) -> tuple[Library, ...]:
        """Those that are taken in place of the ones that belong to TensorFlow."""
        return tuple(library for library in self.libraries if library.shadows)

    @property
    def fingerprint(self) -> str:
        """Changes if a library is another one: a verdict about the one before says nothing then."""
        paths = [*(library.path for library in self.libraries), self.ptxas, self.libdevice]
        versions = (f"{name}={version}" for name, version in sorted(self.versions.items()))
        return "|".join([*(f"{path}{_stamp(path)}" for path in paths), *versions])


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Where to look; the defaults are this machine's places."""

    environ: Mapping[str, str]
    packages: Path | None
    """The folder of Python's packages in which TensorFlow is."""

    system: Mapping[str, str]
    """The system's own libraries: names and paths."""

    toolkits: Sequence[Path] = (Path("/usr/local/cuda"), Path("/opt/cuda"))
    conda: Path | None = None
    """The environment of conda that this Python belongs to; it looks for libraries there."""

    is_wsl: bool = False


class Doubt(NamedTuple):
    """Why libraries that are there may not be the right ones."""

    what: str
    """The reason, without a full stop."""

    helps: str
    """What helps, likewise."""


def this_machine(environ: Mapping[str, str] | None = None) -> Search:
    """The places in which the dynamic linker and XLA look here."""
    from importlib.util import find_spec

    spec = find_spec("tensorflow")
    origin = None if spec is None else spec.origin
    return Search(
        environ=os.environ if environ is None else environ,
        packages=None if origin is None else Path(origin).parent.parent,
        system=system_libraries(),
        conda=conda_environment(Path(sys.prefix)),
        is_wsl=_WSL_DEVICE.exists() or _WSL_FOLDER.is_dir(),
    )


def conda_environment(prefix: Path) -> Path | None:
    """The folder of a Python, if conda has made it; else `None`."""
    try:
        return prefix if (prefix / "conda-meta").is_dir() else None
    except OSError:
        return None


def system_libraries() -> dict[str, str]:
    """The libraries in the dynamic linker's cache; none where there is no such cache."""
    import shutil
    import subprocess

    # An unprivileged user's PATH may not have its folder.
    program = shutil.which("ldconfig", path=f"{os.environ.get('PATH', '')}:/sbin:/usr/sbin")
    if program is None:
        return {}
    try:
        done = subprocess.run(  # noqa: S603 - the system's own
            [program, "-p"], capture_output=True, timeout=_LOAD_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return parsed_cache(done.stdout.decode(errors="replace"))


def parsed_cache(text: str) -> dict[str, str]:
    """The names and paths in what `ldconfig -p` prints; of several of one name the first."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if match := _CACHE_LINE.match(line):
            found.setdefault(match[1], match[2])
    return found


def find_libraries(search: Search, *, cuda: int = 12, cudnn: int = 9) -> CudaLibraries:
    """Find each library as the dynamic linker would for TensorFlow, and open none.

    Args:
        search: Where to look.
        cuda: The major version of the CUDA that TensorFlow was built with.
        cudnn: That of its cuDNN.
    """
    names = [("driver", _DRIVER), *_SONAMES.get(cuda, _SONAMES[12])]
    names.insert(4, ("cudnn", f"libcudnn.so.{cudnn}"))
    return CudaLibraries(
        libraries=tuple(_found(name, soname, search) for name, soname in names),
        ptxas=_ptxas(search),
        libdevice=_libdevice(search),
        library_path=search.environ.get(_PATH, ""),
        versions=dict(_installed(search)),
        wanted=dict(_wanted(search)),
        is_wsl=search.is_wsl,
    )


def open_libraries(
    found: CudaLibraries,
    environ: Mapping[str, str],
    run: Callable[..., ChildEnd] = run_child,
) -> CudaLibraries:
    """Try to open each library that was found and to start the driver, in a process of its own.

    Returns:
        The same with the linker's words about those that can't be opened, and the driver's error.
    """
    paths = [library.path for library in found.libraries if library.path]
    end = run(_LOADER, environ, arguments=paths, seconds=_LOAD_SECONDS)
    if end.passed:
        said = _said(end.stdout)
    else:
        # Which of them ended the process is not known.
        what = end.signal_name or end.not_started or ("no answer" if end.is_timeout else end.reason)
        said = dict.fromkeys(paths, f"opening them ended a process: {what}")
    libraries = [replace(part, error=said.get(part.path, "")) for part in found.libraries]
    return replace(found, libraries=tuple(libraries), refusal=said.get("cuInit", ""))


def words(found: CudaLibraries) -> str:
    """What is missing, in a sentence; empty if nothing is."""
    missing = found.missing
    if not missing:
        return ""
    nowhere = [library.soname for library in missing if not library.error]
    broken = [f"{library.path} ({library.error})" for library in missing if library.error]
    parts = []
    if nowhere:
        parts.append(f"{_listed(nowhere)} {'is' if len(nowhere) == 1 else 'are'} missing")
    if broken:
        parts.append(f"{_listed(broken)} can't be opened")
    return " and ".join(parts)


def remedy(found: CudaLibraries) -> str:
    """The one thing that helps, in a sentence; empty if nothing is missing."""
    missing = found.missing
    if not missing:
        return ""
    if any(library.soname == _DRIVER for library in missing):
        if found.is_wsl:
            return (
                f"WSL's driver is in {_WSL_FOLDER}: export "
                f"LD_LIBRARY_PATH={_WSL_FOLDER}:$LD_LIBRARY_PATH."
            )
        others = f" {INSTALL} brings the others." if len(missing) > 1 else ""
        return (
            f"{_DRIVER} belongs to NVIDIA's driver: install the driver, or give the container its "
            f"GPUs (--gpus all).{others}"
        )
    if any(library.place == _PATH for library in missing):
        return (
            f"LD_LIBRARY_PATH={found.library_path} comes before TensorFlow's own libraries: unset "
            "it, or unload the environment module that sets it."
        )
    moved = [library for library in missing if library.other]
    if moved:
        return (
            f"There is {moved[0].other}, which another framework needs: {INSTALL} in an "
            "environment of its own."
        )
    return f"{INSTALL} brings {'it' if len(missing) == 1 else 'them'}."


def doubt(
    found: CudaLibraries, capabilities: Iterable[tuple[int, int] | None] = ()
) -> Doubt | None:
    """Why the libraries may not be the right ones, though all are there; `None` without doubt.

    Args:
        found: The libraries.
        capabilities: Compute capabilities of the GPUs that they are for; `None` is unknown.
    """
    if found.shadowing:
        first = found.shadowing[0]
        what = f"LD_LIBRARY_PATH puts {first.path} in the place of TensorFlow's {first.shadows}"
        return Doubt(what, "unset LD_LIBRARY_PATH")
    for name, wanted in found.wanted.items():
        version = found.versions.get(name)
        if version is not None and not is_within(version, wanted):
            what = f"{name} is {version}, and TensorFlow asks for {wanted}"
            return Doubt(what, f"{INSTALL} in an environment of its own")
    for name, version in found.versions.items():
        is_newer = name.startswith(_CUDNN) and is_within(version, f">={_CUDNN_OF_TURING}")
        if is_newer and any(one is not None and one < _TURING for one in capabilities):
            oldest = ".".join(map(str, _TURING))
            what = f"{name} is {version}, which is for compute capabilities from {oldest} on"
            return Doubt(what, f"pip install '{name}<{_CUDNN_OF_TURING}'")
    return None


def _found(name: str, soname: str, search: Search) -> Library:
    """A library in the order of the linker: variable, TensorFlow's own list, conda, system."""
    packaged = _first(search, f"nvidia/*/lib/{soname}")
    for folder in search.environ.get(_PATH, "").split(":"):
        candidate = Path(folder) / soname
        if folder and _is_file(candidate):
            is_same = packaged is not None and _is_same(candidate, packaged)
            shadows = "" if packaged is None or is_same else str(packaged)
            return Library(
                name=name, soname=soname, path=str(candidate), place=_PATH, shadows=shadows
            )
    if packaged is not None:
        return Library(name=name, soname=soname, path=str(packaged), place="packages")
    if search.conda is not None and _is_file(search.conda / "lib" / soname):
        path = str(search.conda / "lib" / soname)
        return Library(name=name, soname=soname, path=path, place="conda")
    if soname in search.system:
        return Library(name=name, soname=soname, path=search.system[soname], place="system")
    stem = soname.rpartition(".so.")[0]
    other = _first(search, f"nvidia/*/lib/{stem}.so.*")
    return Library(name=name, soname=soname, other="" if other is None else str(other))


def _first(search: Search, pattern: str) -> Path | None:
    return min(_all(search, pattern), default=None)


def _all(search: Search, pattern: str) -> list[Path]:
    """What matches a pattern among Python's packages."""
    if search.packages is None:
        return []
    try:
        return list(search.packages.glob(pattern))
    except OSError:
        return []


def _installed(search: Search) -> Iterator[tuple[str, str]]:
    """The names and versions of NVIDIA's packages, by the names of their folders of metadata."""
    for folder in _all(search, "nvidia_*-*.dist-info"):
        name, _, version = folder.name.removesuffix(".dist-info").rpartition("-")
        yield name.replace("_", "-").lower(), version


def _wanted(search: Search) -> Iterator[tuple[str, str]]:
    """The names and ranges of NVIDIA's packages that TensorFlow asks for."""
    for name in DISTRIBUTIONS:
        for path in _all(search, f"{name.replace('-', '_')}-*.dist-info/METADATA"):
            try:
                text = path.read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            for match in _REQUIRED.finditer(text):
                yield match["name"], match["range"].strip(" ()")


def _ptxas(search: Search) -> str:
    import shutil

    packaged = _first(search, "nvidia/*/bin/ptxas")
    if packaged is not None:
        return str(packaged)
    folders = [str(folder / "bin") for folder in _toolkits(search)]
    return shutil.which("ptxas", path=":".join([search.environ.get("PATH", ""), *folders])) or ""


def _libdevice(search: Search) -> str:
    packaged = _first(search, "nvidia/*/nvvm/libdevice/libdevice.10.bc")
    places = [folder / "nvvm" / "libdevice" / "libdevice.10.bc" for folder in _toolkits(search)]
    candidates = [*([] if packaged is None else [packaged]), *places]
    return next((str(path) for path in candidates if _is_file(path)), "")


def _toolkits(search: Search) -> Iterable[Path]:
    """The folders of CUDA toolkits, that of XLA's flag first."""
    flag = re.search(r"--xla_gpu_cuda_data_dir=(\S+)", search.environ.get("XLA_FLAGS", ""))
    named = [Path(flag[1])] if flag else []
    return [*named, *([] if search.conda is None else [search.conda]), *search.toolkits]


def _stamp(path: str) -> str:
    """What an update of a file changes; empty if there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 - an empty path must not mean the current folder
    except OSError:
        return ""
    return f"@{status.st_size}@{status.st_mtime_ns}"


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _said(stdout: str) -> dict[str, str]:
    """What the loader printed last; libraries may print too when they are opened."""
    try:
        said: Any = json.loads(stdout.strip().rpartition("\n")[2])
    except ValueError:
        return {}
    return {str(path): str(text) for path, text in said.items()} if isinstance(said, dict) else {}


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
