"""The pipeline over a catalogue: one element a title, on whatever runner of Beam's."""

from collections.abc import Sequence

import apache_beam as beam
from apache_beam.io.filesystem import BeamIOError
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from divas_jax.catalogue import isolated
from divas_jax.catalogue.plan import Plan
from divas_jax.catalogue.record_making import MakeRecord
from divas_jax.catalogue.stored import check_results
from divas_jax.catalogue.summary import Counts, read_counts, write_summary
from divas_jax.errors import UserError

_IN_THIS_PROCESS = "apache_beam.runners.portability.fn_api_runner.FnApiRunner"
"""Beam's own DirectRunner without Prism, a program that it would fetch from the network."""

_LOCAL = (None, "", "DirectRunner")


def keep_records(titles: Sequence[str], plan: Plan, runner_options: Sequence[str]) -> Counts:
    """Makes records of titles that have none yet, keeps them, and writes the table and the counts of all beside them.

    Args:
      titles: their addresses, each once.
      plan: what is made of them, and where it is kept.
      runner_options: of Beam, such as `--runner=DataflowRunner`; without any, all is done on this machine.

    Raises:
      UserError: the records cannot be kept, or the pipeline broke off; the next run goes on.
    """
    options = PipelineOptions(list(runner_options))
    FileSystems.set_options(options)
    check_results(plan.results)
    standard = options.view_as(StandardOptions)
    if standard.runner in _LOCAL:
        standard.runner = _IN_THIS_PROCESS
    isolated.begin()
    try:
        with beam.Pipeline(options=options) as pipeline:
            build(pipeline, titles, plan)
    except (RuntimeError, ValueError, OSError, ImportError, BeamIOError, UserError) as error:
        raise UserError(f"the Beam pipeline broke off ({_last_line(error)}); the same command does the rest") from None
    finally:
        isolated.end()
    return read_counts(plan.results)


def build(pipeline: beam.Pipeline, titles: Sequence[str], plan: Plan) -> None:
    """Adds everything to a pipeline."""
    lines = (
        pipeline
        | "Titles" >> beam.Create(list(enumerate(titles)))
        | "Spread" >> beam.Reshuffle()
        | "Make" >> beam.ParDo(MakeRecord(plan))
    )
    all_lines = lines | "Gather" >> beam.combiners.ToList()
    _ = all_lines | "Summary" >> beam.Map(write_summary, plan)


def _last_line(error: BaseException) -> str:
    """Of what a runner says, which may be a whole traceback."""
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__
