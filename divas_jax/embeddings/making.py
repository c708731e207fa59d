"""One clip to its embeddings, in a worker process."""

from pathlib import Path
from typing import Any

from divas_jax.clip import Clip
from divas_jax.data.usable import common_seconds
from divas_jax.embeddings.clips import ClipPlace, read_clip
from divas_jax.embeddings.files import ENDING, about_of, content_of, target_of
from divas_jax.embeddings.index import COLUMNS, Record
from divas_jax.judging.embedding import ClipEmbeddings, Embedder
from divas_jax.media.decode import decode_clip
from divas_jax.rates import rate_name
from divas_jax.writing import make_folder, write_whole


def write_embeddings(out: Path, made_with: str, embedder: Embedder, place: ClipPlace, progress: Any = None) -> Record:
    """Writes a clip's embeddings below `out`; the clip's record.

    Args:
      out: the folder.
      made_with: what the embeddings depend on, as text.
      embedder: of the process.
      place: where the clip is.
      progress: not told: clips are short.

    Raises:
      UserError: the clip cannot be used, or the embeddings cannot be written.
    """
    state = place.state  # before it is read: what changes meanwhile is embedded again
    clip = read_clip(place)
    found = embedded(embedder, clip)
    record = _record(str(place), place.name, clip, found)
    target = target_of(out, place.name)
    make_folder(target.parent)
    write_whole(target, content_of(found, clip, about_of(record, place.path, made_with, state)))
    return record


def handed_over(content_key: str, embedder: Embedder, file: Path, progress: Any = None) -> Record:
    """A media file's record, in which the bytes of its embeddings stand too: whoever asked for it keeps them.

    Arguments as `write_embeddings`, and the key of the bytes.

    Raises:
      UserError: the clip cannot be used.
    """
    clip = decode_clip(file)
    found = embedded(embedder, clip)
    return _record(str(file), file.name, clip, found) | {content_key: {ENDING: content_of(found, clip)}}


def embedded(embedder: Embedder, clip: Clip) -> ClipEmbeddings:
    """All windows of a clip; no sound windows but those beside its picture.

    Raises:
      UserError: the clip is silent, too short or too small.
    """
    common_seconds(clip, embedder.config.model.window)
    (found,) = embedder.embed([clip], reach_frames=0)
    return found


def _record(file: str, name: str, clip: Clip, found: ClipEmbeddings) -> Record:
    seconds = round(float(clip.picture_end - clip.frame_time(0)), 3)
    values = (file, name, len(found.pictures), len(found.sounds), rate_name(clip.fps), seconds, None)
    return dict(zip(COLUMNS, values, strict=True))
