"""Files that show where a model looks and what it listens to: a picture and a film for each clip (5.5)."""

from pathlib import Path

from divas_jax.clip import Clip
from divas_jax.config import ViewConfig
from divas_jax.data.view import seen_box
from divas_jax.evaluation.attention import ClipAttention, attend
from divas_jax.evaluation.attention_figures import attention_strip, draw_frame, peak_of
from divas_jax.judging.embedding import Embedder
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.media.playable import playable
from divas_jax.writing import write_picture, write_whole


def draw_attention(embedder: Embedder, file: Path, picture: Path, film: Path) -> tuple[float, float]:
    """Writes a strip of frames (PNG) and a film (mp4) of one media file; both or, if it cannot be read, neither.

    Returns:
      Where the model looks most: across and down, in widths and heights of the picture.

    Raises:
      UserError: the file cannot be read or is too short, or the results cannot be written.
    """
    clip = decode_clip(file)
    attention = attend(embedder, clip)
    strip = attention_strip(clip, attention, embedder.config.view)
    media = attention_film(clip, attention, embedder.config.view)
    write_picture(picture, strip)
    write_whole(film, media)
    return _in_picture(attention.centre, clip, embedder.config.view)


def _in_picture(place: tuple[float, float], clip: Clip, view: ViewConfig) -> tuple[float, float]:
    """A place in what is seen, as one in the whole picture."""
    height, width = clip.frames.shape[1:3]
    left, top, side = seen_box(height, width, view)
    return (left + place[0] * side) / width, (top + place[1] * side) / height


def attention_film(clip: Clip, attention: ClipAttention, view: ViewConfig) -> bytes:
    """An mp4 of every frame under the colours of its attention, at the clip's own times and with its own sound.

    Raises:
      UserError: the clip cannot be written as mp4.
    """
    peak = peak_of(attention.pictures)
    return encode_clip(playable(clip), draw=lambda index: draw_frame(clip, attention, view, index, peak))
