"""What the documents name is there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from divas_jax.__main__ import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
FILE_AND_NAMES = re.compile(r"`([\w.]+/[\w/]+\.py)`(?:[:,] ((?:`[\w.]+`(?:, )?)+))?")


def missing_names(text: str, package: Path) -> list[str]:
    """Files, and the functions, classes and constants said to be in them, that are not there."""
    missing = []
    for file, names in FILE_AND_NAMES.findall(text):
        source = (package / file).read_text() if (package / file).exists() else None
        if source is None:
            missing.append(file)
            continue
        for name in re.findall(r"`([\w.]+)`", names):
            last = name.rpartition(".")[2]
            if not re.search(rf"(?:def|class) {last}\b|^{last}\b.* = ", source, re.MULTILINE):
                missing.append(f"{file}: {name}")
    return missing


def test_method_names_what_exists():
    text = (ROOT / "docs/method.md").read_text()
    assert len(FILE_AND_NAMES.findall(text)) > 20
    assert missing_names(re.sub("`configs/.*?`", "", text), ROOT / "divas_jax") == []


def test_the_walks_pass_by_what_exists():
    steps = re.findall(r"`([\w/]+\.py): (\w+)`", (ROOT / "docs/architecture.md").read_text())
    assert len(steps) > 20
    assert missing_names(" ".join(f"`./{file}`: `{name}`" for file, name in steps), ROOT / "divas_jax") == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("`sync/offsets.py`: `read_offsets`", []),
        ("`sync/offsets.py`: `read_offsets`, `gone`", ["sync/offsets.py: gone"]),
        ("`sync/gone.py`", ["sync/gone.py"]),
    ],
)
def test_a_missing_name_is_found(text, missing, tmp_path):
    (tmp_path / "sync").mkdir()
    (tmp_path / "sync/offsets.py").write_text("def read_offsets():\n    pass\n")
    assert missing_names(text, tmp_path) == missing


def test_readme_lists_the_commands():
    table = re.findall(r"^\| `divas (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert set(table) == set(COMMANDS)


def test_make_has_the_targets_that_are_written_about():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    written = {
        target
        for name in ("README.md", "CONTRIBUTING.md", ".ci/run")
        for target in re.findall(r"^(?:\$ )?make (\w+)", (ROOT / name).read_text(), re.MULTILINE)
    }
    assert {"demo", "test", "lint"} <= written <= targets


def test_links_between_documents_lead_somewhere():
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "launch/README.md"]:
        for link in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_the_arithmetic_of_catalogues_is_that_of_its_script():
    script = ROOT / "docs/runs/catalogues/arithmetic.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert done.stdout in (ROOT / "docs/catalogues.md").read_text()
