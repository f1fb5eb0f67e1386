"""Which part of the house may import which, and what start-up must not load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ["graders", "tasks", "sandboxes", "mlebench_inspect"]  # each may import those before it
FORBIDDEN = {
    "graders": {"inspect_ai", "docker", "kaggle", "anyio"},
    "tasks": {"inspect_ai", "docker", "kaggle", "anyio"},
    "sandboxes": {"kaggle"},
}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def layer_of(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] in LAYERS[:3]:
        pytest.fail(f"{module}: import it as mlebench_inspect.{module}")
    if parts[0] != "mlebench_inspect":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in LAYERS[:3] else "mlebench_inspect"


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_run_one_way(layer: str) -> None:
    allowed = LAYERS[: LAYERS.index(layer) + 1]
    for path in sorted((ROOT / layer).rglob("*.py")):
        if path.parent.name == "guest":
            continue
        for module in imported(path):
            if module == "mlebench_inspect" and layer != "mlebench_inspect":
                continue  # `from mlebench_inspect.x import y` also lists its parents
            found = layer_of(module)
            assert found is None or found in allowed, f"{path.relative_to(ROOT)} imports {module}"
            assert module.split(".")[0] not in FORBIDDEN.get(layer, set()), f"{path.relative_to(ROOT)}: {module}"


def test_private_interfaces_of_inspect_stand_in_one_module() -> None:
    """Only what a name says is private: `inspect_ai._x` or `inspect_ai.x._y`."""
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            private = [m for m in imported(path) if m.startswith("inspect_ai") and "._" in m]
            assert not private or path == ROOT / "mlebench_inspect/_inspect.py", f"{path.relative_to(ROOT)}: {private}"


def test_a_host_command_is_run_in_one_module() -> None:
    """Whatever waits beside a sample goes through `sandboxes/host.py`: killed and reaped when it is cancelled."""
    for path in [*(ROOT / "sandboxes").glob("*.py"), *(ROOT / "mlebench_inspect/run").rglob("*.py")]:
        if path.name not in ("host.py", "building.py"):  # building images is no part of a run
            assert "subprocess" not in imported(path), path


_WAITS = ("subprocess.run", "subprocess.check_output", "subprocess.check_call", "subprocess.call")


def test_no_test_waits_for_a_subprocess_for_ever() -> None:
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (
                ast.unparse(node.func) in _WAITS or ast.unparse(node.func).endswith("process.communicate")
            ):
                bounded = any(k.arg in ("timeout", None) for k in node.keywords)
                assert bounded, f"{path.relative_to(ROOT)}:{node.lineno} has no timeout"


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print(' '.join(m for m in sys.modules if '.' not in m))"
    command = [sys.executable, "-c", code]
    return set(subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout.split())


def test_listing_and_building_tasks_imports_no_pandas() -> None:
    statement = "import mlebench_inspect._registry; from mlebench_inspect import competitions; competitions()"
    assert not loaded_after(statement) & {"pandas", "numpy", "sklearn", "scipy", "kaggle", "docker"}


def test_the_command_line_starts_without_inspect() -> None:
    assert not loaded_after("import mlebench_inspect.cli") & {"pandas", "numpy", "sklearn", "inspect_ai", "kaggle"}


def test_graders_and_tasks_work_without_inspect() -> None:
    statement = "from mlebench_inspect import competition, graders; graders.metric_names()"
    assert not loaded_after(statement) & {"inspect_ai", "docker", "kaggle"}
