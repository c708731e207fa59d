"""What users see as a sentence."""


class UserError(Exception):
    """Bad input: a file, a key or a checkpoint that cannot be used.

    The message is one clear sentence that names the file or the key. Every
    command prints it and exits with code 2 (`divas_jax.command.run`).
    """


class LossError(UserError):
    """A copy would lack some of the sound: nothing is wrong with what was asked for, and nothing is written."""


class ManifestError(UserError):
    """What a list says of a file cannot be true: it ends a batch, where other bad files are only left out."""
