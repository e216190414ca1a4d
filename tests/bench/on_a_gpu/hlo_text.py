"""What a compiled program launches at each step, read from its optimised HLO.

A loop's body is a list of instructions; on a GPU each is a kernel (or a copy, or a call into a
library), unless it only renames memory. That is what a step launches, whatever the GPU.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

_RENAMING: Final = {"parameter", "constant", "get-tuple-element", "tuple", "bitcast"}
"""Instructions that launch nothing."""

_COMPUTATION: Final = re.compile(r"\n(?=(?:ENTRY )?%[\w.\-]+ \()")
_NAME: Final = re.compile(r"(?:ENTRY )?%([\w.\-]+) \(")
_SHAPE: Final = r"\((?:[^()]|\([^()]*\))*\)|\S+"
_INSTRUCTION: Final = re.compile(
    rf"\s+(?:ROOT )?%(?P<name>[\w.\-]+) = (?P<shape>{_SHAPE}) "
    r"(?P<kind>[\w\-]+)\((?P<operands>.*?)\)(?:,|$)"
)
_BODY: Final = re.compile(r" while\(.*\bbody=%([\w.\-]+)")
_BRANCHES: Final = re.compile(
    r"(?:true_computation|false_computation)=%([\w.\-]+)|branch_computations=\{([^}]*)\}"
)
_LIBRARY_PRODUCT: Final = 'custom_call_target="__cublas'
"""Of products that are not written in Triton, whose names say it."""

_DIMENSIONS: Final = re.compile(r"\[([\d,]*)\]")
_UPDATE: Final = re.compile(r"dynamic[-_]update[-_]slice")


class Instruction(NamedTuple):
    """One instruction that launches something."""

    name: str
    kind: str
    operands: tuple[str, ...]
    text: str
    numbers: int
    """How many numbers it computes, at least: the most in any of its outputs. Writing one number
    into an array that stays in place counts as one."""

    @property
    def is_product(self) -> bool:
        """Whether it multiplies matrices."""
        return "gemm" in self.name or _LIBRARY_PRODUCT in self.text


@dataclass(frozen=True, slots=True)
class Launches:
    """What a computation launches."""

    kernels: int
    """Outside of conditionals."""

    products: int
    """Those of them that multiply matrices."""

    single: int
    """Those of them that compute a single number."""

    conditionals: tuple[int, ...]
    """Of each conditional, the kernels of its longest branch."""

    chain: int
    """The most kernels that wait for each other, those of longest branches included."""


def launches_of_step(text: str) -> Launches:
    """What a turn of a program's largest loop launches.

    Args:
        text: Optimised HLO, scheduled for a GPU.

    Raises:
        ValueError: There is no loop in it.
    """
    computations = _computations(text)
    bodies = [computations[name] for name in _BODY.findall(text) if name in computations]
    if not bodies:
        raise ValueError("received HLO without a loop, expected a program of many steps")
    return max((_launches(body, computations) for body in bodies), key=lambda one: one.kernels)


def _computations(text: str) -> dict[str, str]:
    parts = [(_NAME.match(part), part) for part in _COMPUTATION.split(text)]
    return {name[1]: part for name, part in parts if name}


def _launches(body: str, computations: dict[str, str]) -> Launches:
    depth: dict[str, int] = {}
    made: list[Instruction] = []
    conditionals: list[int] = []
    for line in body.splitlines()[1:]:
        found = _INSTRUCTION.match(line)
        if found is None:
            continue
        kind, operands = found["kind"], tuple(re.findall(r"%([\w.\-]+)", found["operands"]))
        steps = 0
        if kind == "conditional":
            branches = [_launches(computations[name], computations) for name in _branches(line)]
            conditionals.append(max(branch.kernels for branch in branches))
            steps = max(branch.chain for branch in branches)
        elif kind not in _RENAMING:
            numbers = _numbers(found["name"], found["shape"])
            made.append(Instruction(found["name"], kind, operands, line, numbers))
            steps = 1
        depth[found["name"]] = steps + max((depth.get(one, 0) for one in operands), default=0)
    return Launches(
        kernels=len(made),
        products=sum(one.is_product for one in made),
        single=sum(one.numbers == 1 for one in made),
        conditionals=tuple(conditionals),
        chain=max(depth.values(), default=0),
    )


def _branches(line: str) -> list[str]:
    found = [one or several for one, several in _BRANCHES.findall(line)]
    return [name.strip().lstrip("%") for names in found for name in names.split(",")]


def _numbers(name: str, shape: str) -> int:
    if _UPDATE.search(name):
        return 1
    sizes = []
    for dimensions in _DIMENSIONS.findall(shape):
        size = 1
        for extent in dimensions.split(",") if dimensions else ():
            size *= int(extent)
        sizes.append(size)
    return max(sizes, default=1)
