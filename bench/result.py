"""What a benchmark answers, and how it is printed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Percentiles:
    """Times in seconds."""

    p50: float
    p99: float
    max: float

    @classmethod
    def of(cls, times: Sequence[float]) -> "Percentiles":
        """Of these times, in any order; raises ValueError when there is none."""
        if not times:
            raise ValueError("no time was measured")
        ordered = sorted(times)
        return cls(*(ordered[min(int(len(ordered) * part), len(ordered) - 1)] for part in (0.5, 0.99, 1.0)))

    @classmethod
    def middle(cls, runs: Sequence["Percentiles"]) -> "Percentiles":
        """The medians of several runs, and the maximum of them all."""
        return cls(median(run.p50 for run in runs), median(run.p99 for run in runs), max(run.max for run in runs))


@dataclass(frozen=True)
class Result:
    """A benchmark's answer: rates per second, times in seconds; each floor was measured in the same run."""

    bench: str
    unit: str
    value: float
    floors: Mapping[str, float]
    percentiles: Percentiles
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ratios(self) -> dict[str, float]:
        return {name: self.value / floor for name, floor in self.floors.items()}

    def as_json(self) -> str:
        said = {**asdict(self), "ratios": self.ratios}
        names = ("bench", "unit", "value", "floors", "ratios", "percentiles", "config")
        return json.dumps(_rounded({name: said[name] for name in names}))

    def for_people(self) -> str:
        floors = (f"  {name}: {floor:,.4g}, ratio {self.ratios[name]:.2f}" for name, floor in self.floors.items())
        times = ", ".join(f"{name} {time * 1000:.2f} ms" for name, time in asdict(self.percentiles).items())
        return "\n".join([f"{self.bench}: {self.value:,.4g} {self.unit}", *floors, f"  {times}"])


def _rounded(said: Any) -> Any:
    """Six digits tell all that a measurement on a shared machine can."""
    if isinstance(said, float):
        return float(f"{said:.6g}")
    if isinstance(said, Mapping):
        return {name: _rounded(value) for name, value in said.items()}
    return [_rounded(value) for value in said] if isinstance(said, list | tuple) else said
