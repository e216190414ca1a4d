"""JAX's copy of XLA: compiles an exported program for a device here, or for one that is not.

JAX has no public way to compile a program that it did not trace. What is not its public API is in
this module alone, and was checked with JAX 0.10.2.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import jax
import numpy as np
from jax._src import compiler
from jax._src.interpreters import mlir
from jax._src.lib import _jax, xla_client
from jax.experimental import topologies
from jaxlib.mlir import ir

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

H100: Final = Path(__file__).with_name("h100.txtpb")
"""What XLA's compiler has to know of a GPU: NVIDIA's H100 with 80 GB of HBM3."""

_PLUGINS: Final = ("jax_plugins.xla_cuda13", "jax_plugins.xla_cuda12")

_COPY: Final = re.compile(r"mhlo\.copy (%[\w#]+) : (tensor<[^>]*>)")
"""TensorFlow's copies of what comes back. StableHLO has none, and XLA makes those that it needs."""


class DeviceError(Exception):
    """JAX has no such device, or no compiler for it; the message is one line."""


class Device(NamedTuple):
    """A device that XLA compiles for, and the client that it belongs to."""

    client: Any
    device: Any


def present(platform: str) -> Device:
    """The first device of a platform, `cpu` or `gpu`.

    Raises:
        DeviceError: JAX sees none.
    """
    try:
        device = jax.devices(platform)[0]
    except RuntimeError as error:
        raise DeviceError(
            f"JAX {jax.__version__} sees no {platform.upper()} ({error}). Install jax[cuda13] on a "
            "machine with an NVIDIA GPU, or check the programs here with --platform cpu."
        ) from error
    return Device(device.client, device)


def absent(description: Path = H100) -> Device:
    """A GPU that is not here: programs can be compiled for it, but not run.

    Nothing is tried out on it, so matrix products have XLA's default tiles.

    Args:
        description: The GPU, as XLA's `GpuTargetConfigProto` in text form.

    Raises:
        DeviceError: JAX's compiler for CUDA is not installed.
    """
    if not any(map(_is_installed, _PLUGINS)):
        version = jax.__version__
        raise DeviceError(
            "JAX's compiler for CUDA is not installed. Install it without CUDA's libraries: "
            f"pip install --no-deps jax-cuda13-plugin=={version} jax-cuda13-pjrt=={version}"
        )
    topology = topologies.get_topology_desc(
        topology_name="",
        platform="cuda",
        target_config=description.read_text(encoding="utf-8"),
        topology="1x1x1",
    )
    (device,) = topology.devices
    return Device(device.client, device)


def _is_installed(plugin: str) -> bool:
    try:
        return importlib.util.find_spec(plugin) is not None
    except ModuleNotFoundError:
        # There is not even the package that plugins are in.
        return False


def stablehlo_of(hlo: bytes) -> str:
    """A serialised `HloModuleProto` as StableHLO, which JAX's client compiles."""
    computation = xla_client.XlaComputation(hlo)
    text = xla_client._xla.mlir.xla_computation_to_mlir_module(computation)
    return _COPY.sub(r"stablehlo.reshape \1 : (\2) -> \2", text)


def load(device: Device, stablehlo: str, flags: Mapping[str, Any]) -> Any:
    """Compile a program for a device that is here, and load it there.

    Args:
        device: As `present`.
        stablehlo: The program.
        flags: XLA's, without dashes, for this program alone.
    """
    with mlir.make_ir_context():
        return device.client.compile_and_load(
            ir.Module.parse(stablehlo),
            _jax.DeviceList((device.device,)),
            _options(device, flags),
        )


def compile_only(device: Device, stablehlo: str, flags: Mapping[str, Any]) -> Any:
    """Compile a program for a device that is not here."""
    with mlir.make_ir_context():
        return device.client.compile(
            ir.Module.parse(stablehlo),
            _jax.DeviceList((device.device,)),
            _options(device, flags),
        )


def text_of(compiled: Any) -> str:
    """A compiled program's optimised HLO."""
    text: str = compiled.hlo_modules()[0].to_string()
    return text


def put(device: Device, arrays: list[npt.NDArray[Any]]) -> list[Any]:
    """Copy arrays to a device as they are, those of 64 bits too."""
    with jax.enable_x64(True):
        copied: list[Any] = jax.device_put(arrays, device.device)
    return copied


def _options(device: Device, flags: Mapping[str, Any]) -> Any:
    return compiler.get_compile_options(
        num_replicas=1,
        num_partitions=1,
        device_assignment=np.array([[device.device.id]]),
        env_options_overrides=dict(flags),
    )
