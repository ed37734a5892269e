"""What the documents point at is there: a tour that names a file nobody finds is worse than none."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = re.compile(r"`([\w./]+(?:\.(?:py|sql|js|css|txt|toml)|/))`")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")
DOCUMENTS = ["README.md", "README.es.md", "CHANGELOG.md", "docs/tour.md", "docs/flows.md", "docs/self-hosting.md"]
DOCUMENTS += [f"docs/channels/{name}.md" for name in ("whatsapp", "messenger", "instagram", "graph-standin")]


def is_there(name: str) -> bool:
    """A path from the root, or the end of one: the text has just named the folder."""
    return (ROOT / name).exists() or any(ROOT.glob(f"bandeja/**/{name}"))


def test_every_file_the_tour_names_exists() -> None:
    named = CODE.findall((ROOT / "docs/tour.md").read_text(encoding="utf-8"))
    assert len(named) > 50
    assert [name for name in named if not is_there(name)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    path = ROOT / document
    broken = [link for link in LINK.findall(path.read_text(encoding="utf-8")) if not (path.parent / link).exists()]
    assert broken == []
