"""What mkdocs does beside its own: the documents link as on a code host, and what they name outside docs/ comes along.

A document of the repository is a page of the site. Those of `docs/` keep their place; a file outside it that some
document links to is put under `repository/`, text as it is, and a folder becomes a list of its files.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = "repository"
LINK = re.compile(r"(?<=\]\()([^)\s#:]+)(?=(?:#[^)\s]*)?\))")
"""Where a link leads, without its anchor; addresses have a colon."""

LANGUAGES = {".py": "python", ".sh": "bash", ".yaml": "yaml", ".cff": "yaml", ".toml": "toml"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds what the documents link to and mkdocs does not find by itself."""
    waiting = [f"docs/{file.src_uri}" for file in files.documentation_pages()]
    seen = set(waiting)
    while waiting:
        document = waiting.pop()
        for target in _targets(document):
            if target in seen:
                continue
            seen.add(target)
            if files.get_file_from_path(_place(target)) is None:
                files.append(File.generated(config, _place(target), content=_text(target)))
            waiting.append(target)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page with its links led to where the site has what they name."""
    document, here = _document(page.file.src_uri), posixpath.dirname(page.file.src_uri)

    def led(found: re.Match[str]) -> str:
        target = _joined(document, found[1])
        return posixpath.relpath(_place(target), here or ".") if (ROOT / target).exists() else found[1]

    return LINK.sub(led, markdown)


def _targets(document: str) -> Iterator[str]:
    """Files and folders that are linked to, as paths from the root; of a folder its files."""
    path = ROOT / document
    if path.is_dir():
        yield from (file.relative_to(ROOT).as_posix() for file in _inside(path))
    elif path.suffix == ".md":
        targets = (_joined(document, link) for link in LINK.findall(path.read_text()))
        yield from (target for target in targets if (ROOT / target).exists())


def _place(target: str) -> str:
    """Where the site has a file or folder of the repository."""
    if (ROOT / target).is_dir():
        target = f"{target}/README.md"
    inside = target.startswith("docs/")
    place = target.removeprefix("docs/") if inside else f"{OUTSIDE}/{target}"
    return place if inside or target.endswith(".md") else f"{place}.md"


def _document(place: str) -> str:
    """The path from the root of what the site has there."""
    return place.removeprefix(f"{OUTSIDE}/") if place.startswith(f"{OUTSIDE}/") else f"docs/{place}"


def _text(target: str) -> str:
    """The page of a file or folder."""
    path = ROOT / target
    if path.is_dir():
        links = (f"- [{name}]({name})" for name in (file.relative_to(path).as_posix() for file in _inside(path)))
        return "\n".join([f"# {target}/", "", *links, ""])
    if path.suffix == ".md":
        return path.read_text()
    return f"# {path.name}\n\n`{target}`\n\n````{LANGUAGES.get(path.suffix, 'text')}\n{path.read_text()}\n````\n"


def _inside(folder: Path) -> list[Path]:
    """Its files, however deep, without what Python leaves behind."""
    return sorted(file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)


def _joined(document: str, link: str) -> str:
    """What a document's link leads to, from the root; a folder's README, if it has one."""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(document), link))
    return f"{target}/README.md" if (ROOT / target / "README.md").is_file() else target
