"""Where NVIDIA's libraries are found, and what is said of those that are not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gan.machine.child import ChildEnd
from gan.machine.libraries import (
    CudaLibraries,
    Doubt,
    Search,
    conda_environment,
    doubt,
    find_libraries,
    open_libraries,
    parsed_cache,
    remedy,
    system_libraries,
    this_machine,
    words,
)
from tests.gan.machine.packages import DRIVER, PACKAGED, packages

if TYPE_CHECKING:
    from collections.abc import Callable


def found(
    folder: Path | None,
    environ: dict[str, str] | None = None,
    system: dict[str, str] | None = None,
    *,
    is_wsl: bool = False,
    conda: Path | None = None,
) -> CudaLibraries:
    search = Search(
        environ=environ or {},
        packages=folder,
        system=DRIVER if system is None else system,
        toolkits=(),
        conda=conda,
        is_wsl=is_wsl,
    )
    return find_libraries(search)


def test_packages_have_all_but_the_driver(tmp_path: Path) -> None:
    libraries = found(packages(tmp_path))

    assert libraries.missing == ()
    assert {part.name: part.place for part in libraries.libraries} == {
        "driver": "system",
        **dict.fromkeys(
            [
                "cudart",
                "cublas",
                "cublasLt",
                "cudnn",
                "cufft",
                "cusolver",
                "cusparse",
                "nccl",
                "nvjitlink",
            ],
            "packages",
        ),
    }
    assert libraries.ptxas.endswith("bin/ptxas")
    assert libraries.libdevice.endswith("libdevice.10.bc")
    assert (words(libraries), remedy(libraries), doubt(libraries)) == ("", "", None)


def test_what_is_nowhere_is_named_with_what_brings_it(tmp_path: Path) -> None:
    libraries = found(packages(tmp_path, "libcudnn.so.9", "libcufft.so.11"))

    assert words(libraries) == "libcudnn.so.9 and libcufft.so.11 are missing"
    assert remedy(libraries) == "pip install 'gan-tui[cuda]' brings them."


def test_without_packages_all_are_missing(tmp_path: Path) -> None:
    libraries = found(tmp_path)

    assert len(libraries.missing) == 9
    assert "libcublasLt.so.12" in words(libraries)
    assert (libraries.ptxas, libraries.libdevice) == ("", "")


def test_the_system_may_have_them(tmp_path: Path) -> None:
    cache = parsed_cache(
        "539 libs found in cache `/etc/ld.so.cache'\n"
        "\tlibcudnn.so.9 (libc6,x86-64) => /opt/libcudnn.so.9\n"
        "\tlibcudnn.so.9 (libc6) => /opt32/libcudnn.so.9\n"
        "\tlibcuda.so.1 (libc6,x86-64) => /lib/libcuda.so.1\n"
    )
    libraries = found(packages(tmp_path, "libcudnn.so.9"), system=cache)

    assert libraries.missing == ()
    assert "/opt/libcudnn.so.9" in [part.path for part in libraries.libraries]


def test_the_variable_comes_first_and_is_doubted(tmp_path: Path) -> None:
    """An environment module's libraries in the place of those that TensorFlow came with."""
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "libcudnn.so.9").touch()
    libraries = found(packages(tmp_path / "site"), {"LD_LIBRARY_PATH": f":/gone:{modules}"})

    assert libraries.missing == ()
    assert doubt(libraries) == Doubt(
        f"LD_LIBRARY_PATH puts {modules}/libcudnn.so.9 in the place of TensorFlow's "
        f"{tmp_path}/site/nvidia/cudnn/lib/libcudnn.so.9",
        "unset LD_LIBRARY_PATH",
    )


def test_the_variable_may_name_the_packages_themselves(tmp_path: Path) -> None:
    site = packages(tmp_path)
    libraries = found(site, {"LD_LIBRARY_PATH": str(site / "nvidia" / "cudnn" / "lib")})

    assert doubt(libraries) is None


def test_another_cudnn_is_the_other_framework_s(tmp_path: Path) -> None:
    site = packages(tmp_path, "libcudnn.so.9")
    (site / "nvidia" / "cudnn" / "lib" / "libcudnn.so.8").touch()
    libraries = found(site)

    assert words(libraries) == "libcudnn.so.9 is missing"
    assert remedy(libraries) == (
        f"There is {site}/nvidia/cudnn/lib/libcudnn.so.8, which another framework needs: "
        "pip install 'gan-tui[cuda]' in an environment of its own."
    )


def test_another_framework_may_have_moved_a_library_within_its_major_version(
    tmp_path: Path,
) -> None:
    """https://github.com/tensorflow/tensorflow/issues/60913: PyTorch asks for exactly 9.1.0.70."""
    site = packages(tmp_path, versions={"nvidia-cudnn-cu12": "9.1.0.70"})

    libraries = found(site)

    assert libraries.missing == ()
    assert doubt(libraries) == Doubt(
        "nvidia-cudnn-cu12 is 9.1.0.70, and TensorFlow asks for <10.0,>=9.3.0.75",
        "pip install 'gan-tui[cuda]' in an environment of its own",
    )


@pytest.mark.parametrize(
    ("version", "capabilities", "doubted"),
    [
        ("9.11.0.98", [(7, 0)], True),
        ("9.23.1.3", [(8, 0), (6, 1)], True),
        ("9.10.2.21", [(7, 0)], False),
        ("9.11.0.98", [(7, 5), (9, 0)], False),
        ("9.11.0.98", [None], False),
    ],
)
def test_a_new_cudnn_has_dropped_old_gpus(
    tmp_path: Path, version: str, capabilities: list[tuple[int, int] | None], *, doubted: bool
) -> None:
    libraries = found(packages(tmp_path, versions={"nvidia-cudnn-cu12": version}))

    why = doubt(libraries, capabilities)

    assert (why is not None) is doubted
    if why is not None:
        assert why.what == (
            f"nvidia-cudnn-cu12 is {version}, which is for compute capabilities from 7.5 on"
        )
        assert why.helps == "pip install 'nvidia-cudnn-cu12<9.11'"


def test_the_installed_tensorflow_names_its_ranges() -> None:
    wanted = find_libraries(this_machine()).wanted

    assert wanted["nvidia-cudnn-cu12"].startswith(("<10", ">=9"))


def test_conda_has_them_in_its_environment(tmp_path: Path) -> None:
    """Its Python looks there without a variable; nothing is missing then."""
    prefix = tmp_path / "prefix"
    (prefix / "conda-meta").mkdir(parents=True)
    (prefix / "lib").mkdir()
    for names in PACKAGED.values():
        for name in names.split():
            (prefix / "lib" / name).touch()
    for path in (prefix / "bin" / "ptxas", prefix / "nvvm" / "libdevice" / "libdevice.10.bc"):
        path.parent.mkdir(parents=True)
        path.touch(mode=0o755)
    site = prefix / "lib" / "python3.13" / "site-packages"

    libraries = found(site, conda=conda_environment(prefix))

    assert libraries.missing == ()
    assert {part.place for part in libraries.libraries} == {"system", "conda"}
    assert libraries.ptxas == str(prefix / "bin" / "ptxas")
    assert libraries.libdevice.startswith(str(prefix))


def test_another_python_s_folder_is_no_environment_of_conda(tmp_path: Path) -> None:
    assert conda_environment(tmp_path) is None


@pytest.mark.parametrize(
    ("is_wsl", "helps"),
    [(True, "LD_LIBRARY_PATH=/usr/lib/wsl/lib"), (False, "install the driver")],
)
def test_the_driver_s_own_library_comes_with_it(tmp_path: Path, is_wsl: bool, helps: str) -> None:
    libraries = found(packages(tmp_path), system={}, is_wsl=is_wsl)

    assert words(libraries) == "libcuda.so.1 is missing"
    assert helps in remedy(libraries)


def ended(end: ChildEnd) -> Callable[..., ChildEnd]:
    return lambda *_, **__: end


def test_a_library_that_cannot_be_opened_is_named_in_the_linker_s_words(tmp_path: Path) -> None:
    """Here for real: an empty file is no library."""
    site = packages(tmp_path)
    libraries = open_libraries(found(site), os.environ)

    cudnn = next(part for part in libraries.missing if part.name == "cudnn")
    assert cudnn.error.endswith("libcudnn.so.9: file too short")
    assert "can't be opened" in words(libraries)


@pytest.mark.skipif(shutil.which("ldconfig", path="/sbin:/usr/sbin") is None, reason="no ldconfig")
def test_a_library_that_opens_is_not_missing() -> None:
    """Any library of this system, in the place of each of NVIDIA's."""
    path = system_libraries()["libc.so.6"]
    names = [name for names in PACKAGED.values() for name in names.split()]
    libraries = open_libraries(
        found(None, system=dict.fromkeys([*names, "libcuda.so.1"], path)), os.environ
    )

    assert libraries.missing == ()


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (ChildEnd(status=-11), "SIGSEGV"),
        (ChildEnd(is_timeout=True), "no answer"),
        (ChildEnd(not_started="no room"), "no room"),
    ],
)
def test_opening_them_may_end_a_process(tmp_path: Path, end: ChildEnd, said: str) -> None:
    libraries = open_libraries(found(packages(tmp_path)), {}, ended(end))

    assert said in words(libraries)


def test_a_library_that_prints_does_not_hide_the_answer(tmp_path: Path) -> None:
    site = packages(tmp_path)
    path = site / "nvidia" / "cudnn" / "lib" / "libcudnn.so.9"
    end = ChildEnd(stdout=f'hello\n{{"{path}": "no"}}\n')
    libraries = open_libraries(found(site), {}, ended(end))

    assert words(libraries) == f"{path} (no) can't be opened"


def test_an_unreadable_variable_s_library_is_its_fault(tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "libcudnn.so.9").touch()
    libraries = found(packages(tmp_path / "site"), {"LD_LIBRARY_PATH": str(modules)})
    end = ChildEnd(stdout=f'{{"{modules}/libcudnn.so.9": "wrong ELF class"}}')

    assert remedy(open_libraries(libraries, {}, ended(end))) == (
        f"LD_LIBRARY_PATH={modules} comes before TensorFlow's own libraries: unset it, or unload "
        "the environment module that sets it."
    )


def test_xla_s_flag_names_a_toolkit(tmp_path: Path) -> None:
    device = tmp_path / "nvvm" / "libdevice" / "libdevice.10.bc"
    device.parent.mkdir(parents=True)
    device.touch()
    environ = {"XLA_FLAGS": f"--a=1 --xla_gpu_cuda_data_dir={tmp_path}"}

    assert found(None, environ).libdevice == str(device)


def test_the_fingerprint_changes_with_an_update(tmp_path: Path) -> None:
    folder = packages(tmp_path)
    before = found(folder).fingerprint
    (cudnn,) = (part for part in found(folder).libraries if part.name == "cudnn")
    Path(cudnn.path).write_bytes(b"newer")

    assert found(folder).fingerprint != before


def test_whether_cuda_can_start_is_known_by_its_driver(tmp_path: Path) -> None:
    assert found(tmp_path).has_driver
    assert not found(tmp_path, system={}).has_driver


def test_the_fingerprint_changes_with_a_library_s_place(tmp_path: Path) -> None:
    assert found(packages(tmp_path)).fingerprint != found(None).fingerprint


def test_the_fingerprint_changes_with_a_library_s_version(tmp_path: Path) -> None:
    """It comes into the same place."""
    before, after = (
        packages(tmp_path / "site", versions={"nvidia-cudnn-cu12": "9.3.0.75"}),
        tmp_path / "site",
    )
    old = found(before).fingerprint
    metadata = after / "nvidia_cudnn_cu12-9.3.0.75.dist-info"
    metadata.rename(metadata.with_name("nvidia_cudnn_cu12-9.10.2.21.dist-info"))

    assert found(after).fingerprint != old


def test_this_machine_is_looked_at() -> None:
    """Whatever is here: each library has a place, or none."""
    for library in find_libraries(this_machine()).libraries:
        assert bool(library.path) == bool(library.place)
