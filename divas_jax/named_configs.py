"""The configs that come with the package, by name: `face_crops` is configs/face_crops.py, wherever one is."""

import json
import runpy
import sys
from pathlib import Path
from types import ModuleType

from divas_jax.config import Config
from divas_jax.errors import UserError

_PACKAGE = Path(__file__).parent
_PLACES = (_PACKAGE / "configs", _PACKAGE.parent / "configs")
"""Where an installed package has them, and a checkout."""

_IMPORTED_AS = "configs"
"""What the files call their own folder."""


def config_file(named: str) -> Path:
    """The file that is meant by a path, or by a name of a config that comes with the package.

    By name, the files' imports of each other (`from configs import quickstart`) are made to work, in any folder.

    Raises:
      UserError: there is no such file, or no config of this name; the message lists those that there are.
    """
    file = Path(named)
    if file.is_file():
        return file
    if file.suffix or len(file.parts) > 1:
        raise UserError(f"config file {file} does not exist")
    packaged = configs_folder() / f"{named}.py"
    if not packaged.is_file():
        raise UserError(f"there is no config {named} (there are {', '.join(config_names())}), and no file of this name")
    _import_from(packaged.parent)
    return packaged


def read_config(named: str) -> Config:
    """The config that is meant: by name, a Python file or a JSON file.

    Raises:
      UserError: there is none, or it cannot be used.
    """
    path = config_file(named)
    try:
        if path.suffix == ".py":
            return Config.from_dict(runpy.run_path(str(path))["get_config"]())
        return Config.from_dict(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"cannot read the config {path}: {error}") from None


def configs_folder() -> Path:
    """Where the configs of this package are.

    Raises:
      UserError: it came without.
    """
    for place in _PLACES:
        if place.is_dir():
            return place
    raise UserError("this copy of divas_jax comes without its configs: name a file")


def config_names() -> list[str]:
    """Those that can be named, sorted."""
    return sorted(path.stem for path in configs_folder().glob("*.py") if not path.stem.startswith("_"))


def _import_from(folder: Path) -> None:
    """Makes `configs` this folder for imports, even where the working directory has one of that name."""
    package = ModuleType(_IMPORTED_AS)
    package.__path__ = [str(folder)]
    for name in [name for name in sys.modules if name.partition(".")[0] == _IMPORTED_AS]:
        del sys.modules[name]
    sys.modules[_IMPORTED_AS] = package
