"""The launch scripts: sound bash, sound YAML, and a pod that is stopped is started again."""

import os
import re
import runpy
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from divas_jax import __version__
from divas_jax.config import Config

LAUNCH = Path(__file__).resolve().parents[1] / "launch"
SCRIPTS = [LAUNCH / "tpu_vm/train.sh", LAUNCH / "slurm/train.sbatch", LAUNCH / "kubernetes/train.sh"]
STAND_IN = """#!{python}
import signal, sys, time
def save(*_):
    print("saved", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
print("started", *sys.argv[1:], flush=True)
time.sleep({seconds})
sys.exit({code})
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.parent.name)
def test_scripts_are_sound_and_can_be_run(script):
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    assert os.access(script, os.X_OK)
    assert "divas_jax.train" in script.read_text()


def test_every_launcher_is_listed():
    folders = {path.name for path in LAUNCH.iterdir() if path.is_dir()}
    assert folders == {script.parent.name for script in SCRIPTS}
    assert all(f"`{folder}/" in (LAUNCH / "README.md").read_text() for folder in folders)


def test_kubernetes_job_is_consistent():
    yaml = pytest.importorskip("yaml")
    service, job = yaml.safe_load_all((LAUNCH / "kubernetes/job.yaml").read_text())
    assert (service["kind"], job["kind"]) == ("Service", "Job")
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    env = {entry["name"]: entry for entry in container["env"]}
    name = job["metadata"]["name"]
    port = service["spec"]["ports"][0]["port"]
    assert env["JAX_COORDINATOR_ADDRESS"]["value"] == f"{name}-0.{pod['subdomain']}:{port}"
    assert pod["subdomain"] == service["metadata"]["name"]
    assert service["spec"]["selector"] == {"job-name": name}
    assert service["spec"]["clusterIP"] == "None"
    assert job["spec"]["completionMode"] == "Indexed"
    assert job["spec"]["completions"] == job["spec"]["parallelism"] == int(env["JAX_NUM_PROCESSES"]["value"])
    assert (LAUNCH.parent / container["command"][0]).is_file()


@pytest.mark.parametrize("manifest", ["job.yaml", "check.yaml"])
def test_kubernetes_would_take_it(manifest):
    yaml, kubernetes = pytest.importorskip("yaml"), pytest.importorskip("kubernetes_validate")
    newest = kubernetes.latest_version()
    for resource in yaml.safe_load_all((LAUNCH / "kubernetes" / manifest).read_text()):
        kubernetes.validate(resource, newest, strict=True)
        with pytest.raises(kubernetes.ValidationError):
            kubernetes.validate({**resource, "spec": {**resource["spec"], "mistyped": 1}}, newest, strict=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_dry_run_on_a_tpu_prints_what_would_be_run():
    """Nothing is run: there is no gcloud here."""
    words = ["--config", "configs/face_crops.py", "--config.data.more=('a b',)"]
    settings = {"TPU": "mine", "ZONE": "there", "WORKDIR": "/disk/a run", "DRY_RUN": "1"}
    printed = subprocess.run(
        [SCRIPTS[0], *words], env=os.environ | settings, capture_output=True, text=True, check=True
    )
    copied, installed, trained = map(shlex.split, printed.stdout.splitlines())
    assert all(command[:4] == ["gcloud", "compute", "tpus", "tpu-vm"] for command in (copied, installed, trained))
    assert "mine:divas_jax.tar.gz" in copied
    far = shlex.split(trained[-1])
    assert far[far.index("divas_jax.train") + 1 :] == ["--distributed", "--workdir", "/disk/a run", *words]


def _examples() -> list[list[str]]:
    """The commands of the README, one after the other, as words."""
    blocks = re.findall(r"```\n(.*?)```", (LAUNCH / "README.md").read_text(), re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.replace("\\\n", " ").splitlines()]


def _divides(arguments: list[str], devices: int) -> None:
    """The trainer takes these arguments, and their batch divides by the devices."""
    given = [argument.removeprefix("--") for argument in arguments]
    (file,) = (one for one in (one.removeprefix("config=") for one in given) if one.startswith("configs/"))
    config = runpy.run_path(str(LAUNCH.parent / file))["get_config"]()
    for key, _, value in (one.removeprefix("config.").partition("=") for one in given if one.startswith("config.")):
        config.update_from_flattened_dict({key: value if key == "data.path" else int(value)})
    assert Config.from_dict(config).data.segments % devices == 0
    assert config.data.segments * config.data.windows == 128  # 5.1


def test_examples_are_what_the_files_take():
    examples = _examples()
    for words in examples:
        for word in words:
            if word.startswith(("launch/", "configs/")):
                assert (LAUNCH.parent / word.partition(":")[0]).is_file()
    (slice_,) = (words for words in examples if "launch/tpu_vm/train.sh" in words)
    needed = re.findall(r"\$\{(\w+):\?", SCRIPTS[0].read_text())
    assert [word.partition("=")[0] for word in slice_[: len(needed)]] == needed
    _divides(slice_, 8)
    (batch,) = (words for words in examples if words[0] == "sbatch")
    gpus = int(re.search(r"^#SBATCH --gpus-per-node=(\d+)$", SCRIPTS[1].read_text(), re.MULTILINE)[1])
    _divides(batch, int(batch[1].removeprefix("--nodes=")) * gpus)
    shown = re.sub(r"^# ", "", SCRIPTS[1].read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    assert batch in [shlex.split(line, comments=True) for line in shown.splitlines() if "sbatch --nodes" in line]


def test_kubernetes_example_builds_the_image_that_the_job_runs():
    yaml = pytest.importorskip("yaml")
    _, job = yaml.safe_load_all((LAUNCH / "kubernetes/job.yaml").read_text())
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (build,) = (words for words in _examples() if words[:2] == ["docker", "build"])
    assert container["image"] == build[build.index("-t") + 1] == f"divas_jax:{__version__}"
    dockerfile = (LAUNCH.parent / build[build.index("-f") + 1]).read_text()
    assert shlex.join(build) in dockerfile
    for line in re.findall(r"^COPY (.*)", dockerfile, re.MULTILINE):
        assert all((LAUNCH.parent / word).exists() for word in line.split()[:-1])
    _divides(container["args"], job["spec"]["completions"] * container["resources"]["limits"]["nvidia.com/gpu"])
    claim = pod["volumes"][0]["persistentVolumeClaim"]["claimName"]
    assert f"`{claim}`" in (LAUNCH / "README.md").read_text()


def _pod(tmp_path: Path, seconds: float, code: int) -> subprocess.Popen:
    trainer = tmp_path / "python"
    trainer.write_text(STAND_IN.format(python=sys.executable, seconds=seconds, code=code))
    trainer.chmod(0o755)
    settings = {"JAX_COORDINATOR_ADDRESS": "h-0.h:1", "JAX_NUM_PROCESSES": "2", "JAX_PROCESS_ID": "1"}
    return subprocess.Popen(
        [LAUNCH / "kubernetes/train.sh", "--workdir=a b"],
        env=os.environ | settings | {"PYTHON": str(trainer)},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("code", [0, 2])
def test_pod_keeps_the_exit_code_of_the_trainer(tmp_path, code):
    pod = _pod(tmp_path, seconds=0, code=code)
    arguments = "-m divas_jax.train --coordinator h-0.h:1 --processes 2 --process 1 --workdir=a b"
    assert pod.communicate(timeout=60)[0].strip() == f"started {arguments}"
    assert pod.returncode == code


def test_pod_that_is_stopped_saves_and_asks_for_another_start(tmp_path):
    pod = _pod(tmp_path, seconds=60, code=0)
    assert pod.stdout.readline().startswith("started")
    time.sleep(0.1)
    pod.send_signal(signal.SIGTERM)
    assert "saved" in pod.communicate(timeout=30)[0]
    assert pod.returncode == 143
