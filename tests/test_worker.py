"""The worker does everything that somebody has to do again and again."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import bandeja
from bandeja.cli import worker

VERBS = {"step", "prune"}
ELSEWHERE = {
    "bandeja.flows.advance.step": "done by the lane of flows",
    "bandeja.flows.editor.step": "a page about the step of a flow",
}


def written() -> Iterator[str]:
    """Every step and prune of a module, and every step of a class in one."""
    root = Path(bandeja.__file__).parent
    for path in sorted(root.rglob("*.py")):
        folder = path.relative_to(root.parent).with_suffix("")
        if "tests" in folder.parts:
            continue
        module = ".".join(folder.parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name in VERBS:
                yield f"{module}.{node.name}"
            elif isinstance(node, ast.ClassDef):
                deeds = [each.name for each in node.body if isinstance(each, ast.FunctionDef)]
                yield from (f"{module}.{node.name}.{name}" for name in deeds if name == "step")


def test_every_step_is_in_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    looped: set[str] = set()

    def heard(step: Callable[[], Any]) -> Callable[[], Any]:
        deed: Any = step.func if isinstance(step, partial) else step
        looped.add(f"{deed.__module__}.{deed.__qualname__}")
        return step

    monkeypatch.setattr(worker, "_reconnecting", heard)
    worker._loops()
    missing = set(written()) - looped - set(ELSEWHERE)
    assert missing == set()
    assert set(ELSEWHERE) <= set(written())
