"""Devices and processes: one mesh with one axis, the same on a CPU core and on a pod."""

from typing import Any

import jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from divas_jax.errors import UserError

AXIS = "data"


def start_processes(coordinator: str | None = None, processes: int | None = None, process: int | None = None) -> None:
    """Joins the other hosts of a run through JAX's own runtime.

    Without arguments JAX asks its surroundings (Cloud TPU, SLURM, Kubernetes,
    or the environment variables JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES and
    JAX_PROCESS_ID). Call it before anything touches a device.

    Raises:
      UserError: no cluster answers.
    """
    try:
        jax.distributed.initialize(coordinator, processes, process)
    except (RuntimeError, ValueError) as error:
        raise UserError(f"cannot join the other processes of this run: {error}") from None


def device_mesh() -> Mesh:
    """All devices of all processes along one axis."""
    return jax.make_mesh((jax.device_count(),), (AXIS,), axis_types=(AxisType.Auto,))


def replicated(mesh: Mesh) -> NamedSharding:
    """Every device holds the whole array."""
    return NamedSharding(mesh, PartitionSpec())


def by_row(mesh: Mesh) -> NamedSharding:
    """The leading axis is split over the devices."""
    return NamedSharding(mesh, PartitionSpec(AXIS))


def to_devices(mesh: Mesh, rows: Any) -> Any:
    """A batch whose rows this process loaded, as global arrays split over all devices.

    Raises:
      UserError: the rows do not divide by this process's devices.
    """
    local = len(jax.tree.leaves(rows)[0])
    if local % jax.local_device_count():
        raise UserError(f"{local} segments do not divide by the {jax.local_device_count()} devices of a process")
    sharding = by_row(mesh)
    return jax.tree.map(lambda leaf: jax.make_array_from_process_local_data(sharding, leaf), rows)
