"""`divas X` is `python -m divas_jax.X`."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import divas_jax
import divas_jax.__main__ as command_line
from divas_jax.named_configs import config_file

PACKAGE = Path(command_line.__file__).parent


def _main(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["divas", *arguments])
    return command_line.main()


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_names_every_command(monkeypatch, capsys, arguments):
    assert _main(monkeypatch, *arguments) == 0
    printed = capsys.readouterr().out
    for name, what in command_line.COMMANDS.items():
        assert f"{name} " in printed
        assert what in printed


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("name", command_line.COMMANDS)
def test_help_of_a_command_calls_it_as_people_do(monkeypatch, capsys, name, flag):
    monkeypatch.setattr(sys, "argv", [f"divas_jax/{name}.py", flag])  # as `python -m` gives it
    with pytest.raises(SystemExit) as left:
        sys.exit(importlib.import_module(f"divas_jax.{name}").main())
    assert left.value.code in (0, None)
    printed = capsys.readouterr().out
    assert printed.startswith(f"usage: divas {name} ")
    assert not [other for other in command_line.COMMANDS if f"divas_jax.{other}" in printed]


def test_help_of_train_tells_flags_and_overrides(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["divas train", "--workdir", "x", "--help"])
    with pytest.raises(SystemExit):
        importlib.import_module("divas_jax.train").main()
    printed = capsys.readouterr().out
    for flag in ("--config", "--workdir", "--distributed", "--processes", "--tensorboard", "--config.optim.lr="):
        assert f" {flag}" in printed
    for line in printed.splitlines():
        if "divas train --config" in line and "FILE" not in line:
            assert config_file(str(PACKAGE.parent / named if "/" in (named := line.split()[3]) else named)).is_file()


def test_version(monkeypatch, capsys):
    assert _main(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"divas_jax {divas_jax.__version__}\n"


def test_comparison_is_asked_for_by_a_name(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["divas compare", "colours", "--config", "x", "--out", "y"])
    with pytest.raises(SystemExit):
        importlib.import_module("divas_jax.compare").main()
    assert "argument COMPARISON: invalid choice: 'colours'" in capsys.readouterr().err


def test_unknown_command_is_one_sentence_and_exit_2(monkeypatch, capsys):
    assert _main(monkeypatch, "trian", "--config", "x") == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.count("\n") == 1
    assert "'trian' is no command" in streams.err


def test_module_gets_its_own_arguments(monkeypatch):
    ran = {}

    def run_module(module, run_name, alter_sys):
        ran.update(module=module, run_name=run_name, alter_sys=alter_sys, argv=sys.argv[1:])

    monkeypatch.setattr(command_line.runpy, "run_module", run_module)
    assert _main(monkeypatch, "predict", "clip.mp4", "--json", "--help") == 0
    assert ran == {
        "module": "divas_jax.predict",
        "run_name": "__main__",
        "alter_sys": True,
        "argv": ["clip.mp4", "--json", "--help"],
    }


def test_exit_code_of_the_command_is_kept(monkeypatch, tmp_path):
    (tmp_path / "made_up_command.py").write_text("import sys\nsys.exit(len(sys.argv))\n")
    monkeypatch.syspath_prepend(tmp_path)
    run_module = command_line.runpy.run_module
    monkeypatch.setattr(command_line.runpy, "run_module", lambda _, **how: run_module("made_up_command", **how))
    with pytest.raises(SystemExit) as left:
        _main(monkeypatch, "predict", "a", "b", "c")
    assert left.value.code == 4


def test_config_files_find_each_other_as_under_python_m(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["elsewhere", *sys.path])
    seen = []
    monkeypatch.setattr(command_line.runpy, "run_module", lambda *_, **__: seen.append(sys.path[0]))
    _main(monkeypatch, "train")
    assert seen == [str(tmp_path)]


def test_help_does_not_import_jax():
    script = "import sys, divas_jax.__main__ as m; sys.argv = ['divas']; m.main(); sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 0


def test_every_module_that_runs_is_a_command():
    runs = {path.stem for path in PACKAGE.glob("*.py") if 'if __name__ == "__main__"' in path.read_text()}
    assert runs - {"__main__"} <= set(command_line.COMMANDS)
