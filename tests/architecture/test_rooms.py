"""A newcomer finds every room on the map of its package, and the import contracts know it."""

import re
import tomllib
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
PACKAGES = ("governance", "vendors", "breaches")
NOT_ROOMS = {"management", "migrations"}
ROOMS = [
    f"{package}.{folder.name}"
    for package in PACKAGES
    for folder in sorted((TOP / package).iterdir())
    if (folder / "__init__.py").exists() and folder.name not in NOT_ROOMS
]
CONTRACTS = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
INSIDE = next(one["containers"] for one in CONTRACTS if one["name"].startswith("In each room"))


def map_of(package: str) -> str:
    return (TOP / package / "README.md").read_text(encoding="utf-8")


def rooms_in(layers: list[str], package: str) -> list[set[str]]:
    """Of each layer the rooms, from the top; layers without one are left out."""
    names = {room.split(".")[1] for room in ROOMS if room.startswith(f"{package}.")}
    found = [set(re.findall(r"\w+", layer)) & names for layer in layers]
    return [layer for layer in found if layer]


@pytest.mark.parametrize("room", ROOMS)
def test_it_is_on_the_map_and_in_the_contract(room: str) -> None:
    package, name = room.split(".")
    told, readme = map_of(package), TOP / package / name / "README.md"
    assert f"\n| `{name}` |" in told, f"{package}/README.md: a line on what it keeps"
    assert not readme.exists() or f"({name}/README.md)" in told, f"{package}/README.md: a link to {name}/README.md"
    assert room in INSIDE, "pyproject.toml: the contract inside of each room"


@pytest.mark.parametrize("package", PACKAGES)
def test_the_map_draws_the_order_of_the_contract(package: str) -> None:
    drawn = re.search(r"```\n(.*?)\n```", map_of(package), re.DOTALL)
    contract = next(one["layers"] for one in CONTRACTS if one.get("containers") == [package])
    assert drawn
    assert rooms_in(drawn[1].split(">"), package) == rooms_in(contract, package)
    assert set().union(*rooms_in(contract, package)) == {room.split(".")[1] for room in ROOMS if room.startswith(f"{package}.")}
