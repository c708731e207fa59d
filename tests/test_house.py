"""The house rules of docs/architecture.md, read from the source; each is shown to be able to fail."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "divas_jax"

FLOORS = {
    "rates": 0, "clip": 0, "config": 0, "errors": 0, "command": 0, "writing": 0, "palette": 0, "outcomes": 0,
    "addresses": 0, "named_configs": 0, "settings_text": 0, "extras": 0, "compiled": 0, "released": 0,
    "media": 1,
    "data": 2, "model": 2,
    "sync": 3, "faces": 3,
    "judging": 4, "talkers": 4,
    "training": 5, "preparing": 5, "evaluation": 5,
    "loading": 6, "title": 6, "running": 6, "baselines": 6,
    "aligning": 7, "benchmarking": 7, "comparing": 7, "tabling": 7, "title_arguments": 7, "batch_arguments": 7,
    "catalogue": 7, "embeddings": 7, "driving": 7, "measuring": 7,
    "align": 8, "train": 8, "evaluate": 8, "prepare": 8, "export": 8, "predict": 8, "benchmark": 8, "compare": 8,
    "tables": 8, "calibrate": 8, "check": 8, "embed": 8, "repair": 8, "score": 8, "speakers": 8, "watch": 8,
    "": 9, "__main__": 9,
}  # fmt: skip
"""Floor of every file and folder in the package; "" is `divas_jax/__init__.py`, the front door."""

COMMANDS = 8
ONLY_IN = {"apache_beam": {"catalogue"}, "av": {"media", "benchmarking"}, "flax": {"model", "baselines"}}
NEVER_IN = {"jax": {"data", "media"}}
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "base"}
LONGEST_MAIN = 39
MACHINE_PATH = re.compile(r"(?<![\w.~$}/-])/(?:work|tmp|root|home|Users|mnt|media)\b(?!-)")

Arrows = set[tuple[str, str]]


def _modules(root: Path) -> dict[str, Path]:
    """Dotted name below the package ("sync.offsets", "" for the package itself) -> file."""
    names = {}
    for path in sorted((root / PACKAGE).rglob("*.py")):
        parts = path.relative_to(root / PACKAGE).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def _imports(path: Path, name: str) -> Iterator[str]:
    """Full dotted names that a file imports, wherever in it."""
    package = [PACKAGE, *name.split(".")] if name else [PACKAGE]
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            stem = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*stem, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _arrows(root: Path) -> Arrows:
    """(module, module that it imports), both inside the package."""
    modules = _modules(root)
    found = set()
    for name, path in modules.items():
        for imported in _imports(path, name):
            parts = imported.split(".")
            if parts[0] != PACKAGE or imported == f"{PACKAGE}.__version__":
                continue
            target = ".".join(parts[1:])
            while target and target not in modules:
                target = target.rpartition(".")[0]
            found.add((name, target))
    return found


def _folder(module: str) -> str:
    return module.partition(".")[0]


def without_floor(root: Path) -> list[str]:
    return [name for name in _modules(root) if _folder(name) not in FLOORS]


def arrows_upwards(root: Path) -> list[str]:
    wrong = []
    for importer, imported in sorted(_arrows(root)):
        above, below = FLOORS.get(_folder(importer), 9), FLOORS.get(_folder(imported), 9)
        own = _folder(importer) == _folder(imported) or ("." not in importer + imported and above == below)
        if below > above or (below == above and not own):
            wrong.append(f"{importer} imports {imported}")
    return wrong


def circles(root: Path) -> list[str]:
    arrows = {pair for pair in _arrows(root) if pair[0] != pair[1]}
    while True:
        leaving = {importer for importer, _ in arrows}
        kept = {(importer, imported) for importer, imported in arrows if imported in leaving}
        if kept == arrows:
            return sorted(f"{importer} -> {imported}" for importer, imported in arrows)
        arrows = kept


def foreign_imports(root: Path) -> list[str]:
    wrong = []
    for name, path in _modules(root).items():
        for library in {imported.partition(".")[0] for imported in _imports(path, name)}:
            outside = library in ONLY_IN and _folder(name) not in ONLY_IN[library]
            if outside or _folder(name) in NEVER_IN.get(library, ()):
                wrong.append(f"{name} imports {library}")
    return sorted(wrong)


def nameless_files(root: Path) -> list[str]:
    return [name for name in _modules(root) if NAMELESS & set(name.split("."))]


def long_mains(root: Path) -> list[str]:
    wrong = []
    for name, path in _modules(root).items():
        if FLOORS.get(name) == COMMANDS:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef) and node.name in ("main", "_main"):
                    lines = node.end_lineno - node.lineno + 1
                    wrong += [f"{name}.{node.name} has {lines} lines"] * (lines > LONGEST_MAIN)
    return wrong


def machine_paths(root: Path) -> list[str]:
    files = [path for folder in (PACKAGE, "configs", "docs") for path in sorted((root / folder).rglob("*"))]
    texts = [path for path in (*files, root / "README.md") if path.suffix in (".py", ".md")]
    return [
        f"{path.relative_to(root)}:{number}: {line.strip()}"
        for path in texts
        if path.exists()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]


def typed_colours(root: Path) -> list[str]:
    """Colours of pictures come from palette.py."""
    return [
        f"{name}: {colour}"
        for name, path in _modules(root).items()
        if name != "palette"
        for colour in re.findall(r"""["'](#[0-9A-Fa-f]{6})["']""", path.read_text())
    ]


RULES = (
    typed_colours,
    without_floor,
    arrows_upwards,
    circles,
    foreign_imports,
    nameless_files,
    long_mains,
    machine_paths,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_house(rule):
    assert rule(ROOT) == []


def test_reads_the_real_package():
    assert ("config", "errors") in _arrows(ROOT)
    assert ("clip", "rates") in _arrows(ROOT)


GOOD = {
    "divas_jax/__init__.py": '__version__ = "1"\ndef load(path):\n    from divas_jax.sync import offsets\n',
    "divas_jax/rates.py": "from divas_jax import errors\n",
    "divas_jax/errors.py": "",
    "divas_jax/media/__init__.py": "",
    "divas_jax/media/decode.py": "import av\nfrom divas_jax.rates import nearest\n",
    "divas_jax/data/__init__.py": "",
    "divas_jax/data/folder.py": "import jaxtyping\nfrom divas_jax.media import decode\nfrom .stream import draw\n",
    "divas_jax/data/stream.py": "from divas_jax import __version__\n",
    "divas_jax/model/__init__.py": "",
    "divas_jax/model/encoder.py": "from flax import nnx\nimport jax\n",
    "divas_jax/sync/__init__.py": "",
    "divas_jax/sync/offsets.py": "import divas_jax.model.encoder\n",
    "divas_jax/training/__init__.py": "",
    "divas_jax/evaluation/__init__.py": "",
    "divas_jax/train.py": "from divas_jax.sync.offsets import find\ndef main():\n" + "    pass\n" * 38,
    "configs/base.py": "ratio = 3/work\n",
    "docs/architecture.md": "see ../shared/media/decode and https://host/media\n",
}

BAD = [
    (typed_colours, "divas_jax/sync/plot.py", "BLUE = '#0072B2'", "sync.plot: #0072B2"),
    (without_floor, "divas_jax/video.py", "", "video"),
    (arrows_upwards, "divas_jax/errors.py", "import divas_jax.media.decode", "errors imports media.decode"),
    (arrows_upwards, "divas_jax/media/decode.py", "from divas_jax import sync", "media.decode imports sync"),
    (arrows_upwards, "divas_jax/data/folder.py", "from ..model.encoder import x", "data.folder imports model.encoder"),
    (arrows_upwards, "divas_jax/data/folder.py", "from .. import model", "data.folder imports model"),
    (arrows_upwards, "divas_jax/model/encoder.py", "def f():\n    import divas_jax.data.folder", "imports data.folder"),
    (arrows_upwards, "divas_jax/training/loop.py", "from divas_jax.evaluation import x", "training.loop imports evalu"),
    (arrows_upwards, "divas_jax/evaluation/judge.py", "import divas_jax.training", "evaluation.judge imports training"),
    (arrows_upwards, "divas_jax/sync/offsets.py", "from divas_jax import load", "sync.offsets imports "),
    (arrows_upwards, "divas_jax/sync/offsets.py", "from divas_jax.train import main", "sync.offsets imports train"),
    (arrows_upwards, "divas_jax/loading.py", "from divas_jax import predict, train", "loading imports train"),
    (circles, "divas_jax/data/stream.py", "from divas_jax.data.folder import f", "data.folder -> data.stream"),
    (circles, "divas_jax/errors.py", "from . import rates", "errors -> rates"),
    (foreign_imports, "divas_jax/data/folder.py", "import av.video", "data.folder imports av"),
    (foreign_imports, "divas_jax/train.py", "from av import open", "train imports av"),
    (foreign_imports, "divas_jax/data/stream.py", "def f():\n    import jax.numpy as jnp", "data.stream imports jax"),
    (foreign_imports, "divas_jax/media/decode.py", "from jax import numpy", "media.decode imports jax"),
    (foreign_imports, "divas_jax/training/state.py", "from flax import nnx", "training.state imports flax"),
    (nameless_files, "divas_jax/data/utils.py", "", "data.utils"),
    (nameless_files, "divas_jax/common/frames.py", "", "common.frames"),
    (long_mains, "divas_jax/train.py", "def main():\n" + "    pass\n" * 39, "train.main has 40 lines"),
    (machine_paths, "divas_jax/rates.py", "# see /" + "work/shared", "divas_jax/rates.py:1"),
    (machine_paths, "configs/base.py", "path = '/" + "tmp/talkers'", "configs/base.py:1"),
    (machine_paths, "docs/architecture.md", "run it in /" + "home/somebody", "docs/architecture.md:1"),
]


def _tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_good_house_passes(rule, tmp_path):
    assert rule(_tree(tmp_path, GOOD)) == []


@pytest.mark.parametrize(("rule", "file", "text", "complaint"), BAD)
def test_bad_house_fails(rule, file, text, complaint, tmp_path):
    assert any(complaint in line for line in rule(_tree(tmp_path, GOOD | {file: text})))


def test_no_two_test_files_have_one_name():
    """Worker processes find a test's own functions by the bare name of its file."""
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py"]
    assert len(names) == len(set(names)), [name for name in set(names) if names.count(name) > 1]
