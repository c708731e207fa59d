"""What `divas evaluate` does: clips, whole titles or films are judged, tables are printed and written."""

import argparse
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import jax
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from divas_jax.command import console
from divas_jax.config import EvaluateConfig
from divas_jax.data.clip_record import ClipSource, joined
from divas_jax.data.records import open_records, short_names
from divas_jax.errors import UserError
from divas_jax.evaluation.calibrating import calibration_trials
from divas_jax.evaluation.figures import plot_curves, plot_reliability
from divas_jax.evaluation.lines import as_rich
from divas_jax.evaluation.made_title_tables import PARTS, title_scores, title_tables, titles_json
from divas_jax.evaluation.made_titles import error_words, scene_errors
from divas_jax.evaluation.protocol_names import IN_SYNC, LENGTHS, OFFSETS, SANITY, SPEAKERS, USUAL
from divas_jax.evaluation.protocol_tables import all_failures, as_json, as_markdown, speed, tables
from divas_jax.evaluation.reading import chosen_evenly, within_rates
from divas_jax.evaluation.results import UNTRAINED, Results, measure
from divas_jax.evaluation.sanity import PASSES, sanity
from divas_jax.evaluation.speaker_scores import compare_labels, speaker_scores
from divas_jax.evaluation.speaker_tables import speaker_tables, speakers_json
from divas_jax.faces.speaker_labels import write_labels
from divas_jax.judging.embedding import Embedder
from divas_jax.judging.judge import SEARCH
from divas_jax.loading import load_calibration, load_judge, load_weights
from divas_jax.model.parameters import initial_parameters
from divas_jax.sync.tolerances import UNDETECTABLE
from divas_jax.writing import write_json, write_whole

OF_EACH_KIND = 40
"""Titles made up of each kind, unless --trials tells."""

MOST_NAMED = 10
"""Clips without an answer that the terminal names; the files name all."""


def evaluate(arguments: argparse.Namespace) -> None:
    """Measures, prints and writes.

    Raises:
      UserError: the checkpoint, the data or the output folder cannot be used.
    """
    sets = _sets(arguments)
    config, parameters = load_weights(arguments.checkpoint)
    given = {name: getattr(arguments, name) for name in ("trials", "v_shift", "seed")}
    settings = replace(config.evaluate, **{name: value for name, value in given.items() if value is not None})
    _prepare_out(arguments.out)
    columns = (TextColumn("evaluating"), BarColumn(), MofNCompleteColumn(), TextColumn("clips"), _Speed())
    with Progress(*columns, TextColumn("left"), TimeRemainingColumn(), console=console) as bar:
        embedder = Embedder(config, parameters)
        passes = PASSES if arguments.protocol == SANITY else 1 + arguments.untrained
        task = bar.add_task("evaluating", total=passes * sum(map(len, sets.values())))
        results = _measured(arguments, embedder, sets, settings, lambda clips, _: bar.advance(task, clips))
    _say(results)
    if arguments.out:
        _write(arguments.out, results, _about(arguments, settings))
        console.print(f"written to {arguments.out}", markup=False)


def evaluate_speakers(arguments: argparse.Namespace) -> None:
    """Table 6 (5.6), on whole files.

    Raises:
      UserError: the checkpoint, the labels, a file or the output folder cannot be used.
    """
    from divas_jax.title.against_labels import judged_speakers, labelled_files, scene_counts, scene_table
    from divas_jax.title.batch import FileJudge, Settings  # late: only this protocol looks for faces

    if len(arguments.data) > 1:
        raise UserError(f"--protocol {SPEAKERS} reads one folder, --data names {len(arguments.data)}")
    labels, files = labelled_files(arguments.data[0])
    judge = FileJudge(load_judge(arguments.checkpoint), Settings(None, False, SEARCH, 1, UNDETECTABLE))
    _prepare_out(arguments.out)
    columns = (TextColumn("judging"), BarColumn(), MofNCompleteColumn(), TextColumn("files, left"))
    with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task("judging", total=len(files))
        answers, predicted = judged_speakers(judge, files, lambda done: bar.update(task, completed=done))
    for answer in answers:
        if answer.failure or answer.reason:
            console.print(f"{answer.file}: {answer.failure or answer.reason}", markup=False, soft_wrap=True)
    scores, counts = speaker_scores(compare_labels(labels, predicted)), scene_counts(answers)
    shown = [*speaker_tables(scores), *([scene_table(counts)] if counts else [])]
    for lines in shown:
        console.print(as_rich(lines))
    if arguments.out:
        films = asdict(counts) if counts else None
        write_json(arguments.out / "speakers.json", {"speakers": speakers_json(scores), "films": films})
        write_labels(arguments.out / "speakers.csv", predicted)
        console.print(f"written to {arguments.out}", markup=False)


def evaluate_titles(arguments: argparse.Namespace) -> None:
    """The last row of Table 3, on titles made up from the errors of these clips.

    Raises:
      UserError: the checkpoint, the data or the output folder cannot be used.
    """
    from divas_jax.title.made_title_judge import title_answer

    records = joined(_sets(arguments))
    config, parameters = load_weights(arguments.checkpoint)
    calibration, seed = load_calibration(arguments.checkpoint), arguments.seed or 0
    _prepare_out(arguments.out)
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console) as bar:
        reading = bar.add_task("judging clips", total=2 * len(records))
        trials = calibration_trials(
            Embedder(config, parameters), records, config.evaluate, lambda clips, _: bar.advance(reading, clips)
        )
        errors = scene_errors(trials, calibration)
        judging = bar.add_task("judging titles", total=PARTS)
        titles = arguments.trials or OF_EACH_KIND
        scores = title_scores(title_answer, errors, titles, seed, lambda: bar.advance(judging))
    console.print(error_words(errors), soft_wrap=True)
    for lines in title_tables(scores):
        console.print(as_rich(lines))
    if arguments.out:
        about = _about(arguments, config.evaluate) | {"titles_of_each": titles, "scenes": error_words(errors)}
        write_json(arguments.out / "titles.json", {"about": about} | titles_json(scores))
        console.print(f"written to {arguments.out}", markup=False)


def _measured(
    arguments: argparse.Namespace,
    embedder: Embedder,
    sets: dict[str, ClipSource],
    settings: EvaluateConfig,
    progress: Any,
) -> Results:
    if arguments.protocol != SANITY:
        names = USUAL if arguments.protocol == "all" else (arguments.protocol,)
        results = measure(embedder, sets, settings, names, progress)
        if arguments.untrained:
            config = embedder.config
            fresh = Embedder(config, initial_parameters(config.model, jax.random.key(config.train.seed)))
            results.trials[UNTRAINED] = measure(fresh, sets, settings, (LENGTHS,), progress).trials[LENGTHS]
        return results
    results = Results()
    began = time.perf_counter()

    def done(clips: int, windows: int) -> None:
        results.clips += clips
        results.windows += windows
        progress(clips, windows)

    records = joined(sets)
    results.checks = sanity(embedder, records, settings, load_calibration(arguments.checkpoint), done)
    results.seconds = time.perf_counter() - began
    return results


class _Speed(TextColumn):
    """Clips a second so far."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Any) -> Any:
        """`12.3 clips/s`."""
        self.text_format = f"{task.completed / task.elapsed:.1f} clips/s" if task.elapsed and task.completed else ""
        return super().render(task)


def _sets(arguments: argparse.Namespace) -> dict[str, ClipSource]:
    """The clips of each folder, by its name; a folder without any of the rates asked for is left out, and named."""
    names = short_names(arguments.data)
    sets = {name: _records(arguments, folder) for name, folder in zip(names, arguments.data, strict=True)}
    kept = {name: records for name, records in sets.items() if len(records)}
    if not kept:
        folders = ", ".join(map(str, arguments.data))
        raise UserError(f"split {arguments.split!r} of {folders} has no clip between --min-fps and --max-fps")
    if without := [name for name in sets if name not in kept]:
        console.print(f"left out, without a clip between --min-fps and --max-fps: {', '.join(without)}", markup=False)
    return kept


def _records(arguments: argparse.Namespace, folder: Path) -> ClipSource:
    records: ClipSource = open_records(folder, arguments.split)
    if arguments.min_fps > 0 or arguments.max_fps < float("inf"):
        records = within_rates(records, arguments.min_fps, arguments.max_fps)
    return chosen_evenly(records, arguments.clips)


def _prepare_out(out: Path | None) -> None:
    try:
        if out:
            out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--out {out} cannot be made: {error.strerror}") from None


def _about(arguments: argparse.Namespace, settings: EvaluateConfig) -> dict[str, Any]:
    return {
        "checkpoint": str(arguments.checkpoint or "the package's weights"),
        "data": ", ".join(map(str, arguments.data)),
        "split": arguments.split,
        "min_fps": arguments.min_fps,
        "max_fps": arguments.max_fps,
        "trials_per_clip": settings.trials,
        "v_shift_frames": settings.v_shift,
        "seed": settings.seed,
    }


def _say(results: Results) -> None:
    for lines in tables(results):
        console.print(as_rich(lines))
    missing = all_failures(results)
    for name, why in list(missing.items())[:MOST_NAMED]:
        console.print(f"no answer for {name}: {why}", markup=False)
    if len(missing) > MOST_NAMED:
        console.print(f"and {len(missing) - MOST_NAMED} more clips without an answer")
    console.print(speed(results))


def _write(out: Path, results: Results, about: dict[str, Any]) -> None:
    write_json(out / "evaluation.json", as_json(results, about))
    write_whole(out / "evaluation.md", as_markdown(results, about).encode())
    shown = results.trials.get(OFFSETS) or results.trials.get(IN_SYNC)
    if shown:
        plot_curves(shown, out / "curves.png")
        plot_reliability(shown, out / "reliability.png")
