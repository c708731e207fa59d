"""The documents' commands exist as written, and the site builds of them without a network and leads nowhere wrong."""

import importlib
import os
import re
import shlex
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from divas_jax.__main__ import COMMANDS
from divas_jax.config import defaults

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "launch/README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^ *```[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
CALL = re.compile(r"(?:\bdivas |-m divas_jax\.)([a-z]+)\b((?:\s[^|;&]*)?)")
OPTION = re.compile(r"(?<![\w-])--?[a-z][\w.-]*")
TRAIN = {
    "--config",
    "--workdir",
    "--distributed",
    "--coordinator",
    "--processes",
    "--process",
    "--tensorboard",
    "--print",
}
COMMON = {"-h", "--help", "--version"}

READERS = ["index", "for-researchers", "for-operators", "for-data-builders", "for-developers"]
RUN_ELSEWHERE = {
    "align": "aligning/test_align_command.py",
    "calibrate": "evaluation/test_calibrate_command.py",
    "check": "title/test_check.py",
    "evaluate": "evaluation/test_evaluate_command.py",
    "export": "test_export.py",
    "prepare": "preparing/test_prepare.py",
    "repair": "title/test_repair.py",
    "score": "title/test_score.py",
    "train": "test_runs.py",
}
"""Commands that the readers' pages and the gallery have typed, and which test runs each, or what it calls, small."""

WITHOUT_NETWORK = """
import socket, sys
def refused(*_):
    raise OSError("the build must not ask the network")
socket.socket.connect = socket.getaddrinfo = refused
from mkdocs.__main__ import cli
cli(sys.argv[1:])
"""
PICTURES_WEIGH = 600_000


@cache
def parser_of(command):
    """The command's argparse parser."""
    return importlib.import_module(f"divas_jax.{command}")._parser()


def options_of(command):
    """All that start with a dash and the command takes."""
    own = TRAIN if command == "train" else set(parser_of(command)._option_string_actions)
    return own | COMMON


def unknown(options, commands):
    """Those that none of these commands takes; keys of configs are looked for in the configs."""
    known = set().union(*map(options_of, commands))
    settings = defaults()

    def exists(option):
        if not option.startswith("--config."):
            return option in known
        group, _, key = option.removeprefix("--config.").partition(".")
        return group in settings and (key == "" or key in settings[group])

    return [option for option in options if not exists(option.rstrip("."))]


def lines_of(block):
    """Lines of shell, those that go on joined, without comments."""
    joined = re.sub(r"\\\n\s*", "", block)
    return [re.sub(r"\s# .*|^# .*", "", line) for line in joined.splitlines()]


def calls_in(line):
    """Commands and their arguments, up to what is another program's (after `--`)."""
    return [(name, rest.partition(" -- ")[0]) for name, rest in CALL.findall(line) if not rest.startswith(" needs ")]


def typed(page):
    """The commands in the fences of a page of docs/, with their arguments."""
    text = (ROOT / f"docs/{page}.md").read_text()
    return [call for block in FENCE.findall(text) for line in lines_of(block) for call in calls_in(line)]


def wrong_in(text):
    """What a document says of commands that they do not know."""
    wrong = []
    for line in [line for block in FENCE.findall(text) for line in lines_of(block)]:
        for name, rest in calls_in(line):
            wrong += [name] if name not in COMMANDS else [f"{name} {o}" for o in unknown(OPTION.findall(rest), [name])]
    for line in FENCE.sub("", text).splitlines():
        spans = SPAN.findall(line)
        calls = [call for span in spans for call in calls_in(span) if span.startswith(("divas ", "python -m"))]
        wrong += [name for name, _ in calls if name not in COMMANDS]
        for name, rest in calls:
            if name in COMMANDS:
                wrong += [f"{name} {option}" for option in unknown(OPTION.findall(rest), [name])]
        if re.match(r"\| `divas ", line):  # a row about a command: its options, and those of the others that it names
            named = [name for name, _ in calls if name in COMMANDS]
            alone = [option for span in spans if span.startswith("-") for option in OPTION.findall(span)]
            wrong += [f"{'/'.join(named)} {option}" for option in unknown(alone, named)]
    return wrong


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_and_options_exist(document):
    assert wrong_in(document.read_text()) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("```\ndivas check FILM --out X   # --gone\n```", []),
        ("```\nls && divas check FILM \\\n  --gone X\n```", ["check --gone"]),
        ("  ```\n  divas gone X\n  ```", ["gone"]),
        ("```\ndivas check --beam R -- --runner=X\n```", []),
        ("```\ndivas train --config.optim.lr=1 --config.optim.gone=1 --config.gone.lr=2\n```",
         ["train --config.optim.gone", "train --config.gone.lr"]),
        ("say `divas score --gone`", ["score --gone"]),
        ("| `divas score FILE` | `--json`, `--gone` |", ["score --gone"]),
    ],
)  # fmt: skip
def test_a_wrong_command_is_found(text, wrong):
    assert wrong_in(text) == wrong


@pytest.mark.parametrize("name", READERS)
def test_commands_of_the_readers_pages_parse(name):
    calls = typed(name)
    assert calls
    for command, rest in calls:
        if command != "train":
            parser_of(command).parse_args(shlex.split(rest.replace("$n", "1")))


def test_each_command_that_is_typed_is_run_by_some_test():
    named = {command for page in [*READERS, "gallery"] for command, _ in typed(page)}
    assert named - {"predict"} == set(RUN_ELSEWHERE)
    for command, file in RUN_ELSEWHERE.items():
        assert re.search(rf"\b{command}\b", (ROOT / "tests" / file).read_text())


@pytest.mark.slow
def test_the_first_page_and_the_python_of_developers_run(tmp_path):
    for command, rest in typed("index"):
        done = subprocess.run(
            [sys.executable, "-m", f"divas_jax.{command}", *shlex.split(rest)],
            cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert "sound is 1" in done.stdout
        assert "early" in done.stdout
    (script,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/for-developers.md").read_text(), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("sound is 1")


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text().partition("\nnav:")[2]
    pages = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert pages == set(re.findall(r"- (?:[^:\n]+: )?([\w-]+\.md)$", navigation, re.MULTILINE))


def test_every_command_is_in_the_table_by_purpose():
    table = re.findall(r"^\| .*? \| `divas (\w+)", (ROOT / "docs/index.md").read_text(), re.MULTILINE)
    assert set(table) == set(COMMANDS)


def test_every_picture_of_the_gallery_is_shown_and_they_are_light():
    text = (ROOT / "docs/gallery.md").read_text()
    shown = {ROOT / "docs" / link for link in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)}
    assert shown
    assert set((ROOT / "docs/pictures").iterdir()) <= shown
    assert sum(path.stat().st_size for path in shown) <= PICTURES_WEIGH


class Page(HTMLParser):
    """What a page fetches, where it leads, and where it can be led to."""

    def __init__(self, path):
        super().__init__()
        self.fetched, self.led, self.places, self.classes = [], [], {""}, set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        """Notes the addresses of one tag."""
        values = {key: value or "" for key, value in attrs}
        self.places |= {values.get("id", ""), values.get("name", "") if tag == "a" else ""}
        self.classes |= set(values.get("class", "").split())
        if tag == "a":
            self.led.append(values.get("href", ""))
        elif tag == "link" and values.get("rel") not in ("canonical", "prev", "next"):
            self.fetched.append(values.get("href", ""))
        self.fetched += [values[key] for key in ("src", "srcset", "poster", "data") if key in values]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built strictly and without a network."""
    for needed in ("mkdocs", "material", "mkdocstrings", "mkdocstrings_handlers.python"):
        pytest.importorskip(needed, reason="needs the extra docs")
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-c", WITHOUT_NETWORK, "build", "--strict", "--site-dir", out]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out, {path: Page(path) for path in out.rglob("*.html")}


def _elsewhere(address):
    parts = urlsplit(address)
    return bool(parts.netloc or (parts.scheme and parts.scheme != "data"))


def test_no_page_fetches_anything_from_elsewhere(site):
    out, pages = site
    assert {a for page in pages.values() for a in page.fetched if _elsewhere(a)} == set()
    assert not any("mermaid" in page.classes for page in pages.values())  # the theme would fetch a program for it
    for sheet in out.rglob("*.css"):
        addresses = re.findall(r"(?:url\(|@import)\s*[\"']?([^\"')\s]+)", sheet.read_text())
        assert [address for address in addresses if _elsewhere(address)] == []


def test_links_and_anchors_of_the_site_lead_somewhere(site):
    _, pages = site
    wrong = []
    for path, page in pages.items():
        if path.name == "404.html":  # its links are of the server's root
            continue
        for address in page.led + page.fetched:
            if _elsewhere(address) or address.startswith("data:"):
                continue
            parts = urlsplit(address)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            anchor = unquote(parts.fragment)
            if not target.is_file() or (target in pages and anchor not in pages[target].places):
                wrong.append(f"{path.name}: {address}")
    assert wrong == []


def test_the_api_is_there_with_its_docstrings(site):
    out, pages = site
    names = re.findall(r"^::: ([\w.]+)", (ROOT / "docs/api.md").read_text(), re.MULTILINE)
    assert set(names) <= pages[out / "api.html"].places
    shown = (out / "api.html").read_text()
    assert "A model that tells offsets" in shown
    public = [name for of in ("divas_jax", "divas_jax.model") for name in importlib.import_module(of).__all__]
    assert {name.rpartition(".")[2] for name in names} >= {name for name in public if not name.startswith("_")}


def test_every_page_of_docs_and_what_they_name_is_on_the_site(site):
    out, _ = site
    for document in (ROOT / "docs").glob("*.md"):
        assert (out / f"{document.stem}.html").is_file()
    for place in ("index", "launch/index", "divas_jax/weights/MODEL_CARD", "examples/embeddings.py", "LICENSE"):
        assert (out / f"repository/{place}.html").is_file()
