"""The film with a box round every face: red while it speaks, with the offset in words (Figure 4 of the paper)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, ImageDraw, ImageFont

from divas_jax.errors import UserError
from divas_jax.media.film import encode_film, film_container
from divas_jax.media.hearing import open_heard
from divas_jax.media.picture_stream import Picture, PictureStream
from divas_jax.media.sound_stream import SoundStream
from divas_jax.rates import nearest
from divas_jax.sync.tolerances import in_words
from divas_jax.title.file_answer import FileAnswer
from divas_jax.title.speaking import Turn

SPEAKS, SEEN = (213, 0, 0), (200, 200, 200)
"""Colours of boxes: whoever speaks, and everybody else. The words under the box tell them apart as well."""

BASE_RATE = Fraction(30000, 1001)
"""Gives times in units of 1/30000 s: exact at all usual whole rates, and near enough at variable ones."""


@dataclass(frozen=True)
class _Way:
    """One face through one scene."""

    face: int
    times: np.ndarray
    boxes: np.ndarray

    def at(self, time: float) -> np.ndarray | None:
        if not self.times[0] <= time <= self.times[-1]:
            return None
        return np.asarray([np.interp(time, self.times, side) for side in self.boxes.T])


def write_annotated(answer: FileAnswer, speaker_turns: Sequence[Turn], target: Path) -> None:
    """Writes the film again, with boxes; everything else in it is as it was, its sound made mono.

    Args:
      answer: of the file, which is read a second time.
      speaker_turns: who speaks when.
      target: mp4, mov, mkv or ts.

    Raises:
      UserError: the file cannot be read again, or the target not be written.
    """
    container = film_container(target)
    seen_and_heard = (open_heard(answer.file, answer.facts.hearing) for _ in range(2))
    with next(seen_and_heard) as seen, next(seen_and_heard) as heard:
        pictures, sound = PictureStream(seen), SoundStream(heard)
        stream = iter(pictures)
        first = next(stream, None)
        if first is None:
            raise UserError(f"{answer.file} has a picture stream, but no frame that can be decoded")
        height, width = (side - side % 2 for side in first.size)
        rate = pictures.fps if pictures.fps and pictures.fps.numerator > 1000 else BASE_RATE
        drawn = _drawn(chain([first], stream), first.time, answer, speaker_turns)
        encode_film(
            target,
            ((time, picture[:height, :width]) for time, picture in drawn),
            _sound_from(sound, first.time),
            rate,
            (height, width),
            sound.sample_rate,
            container,
        )


def _drawn(
    pictures: Iterator[Picture], origin: Fraction, answer: FileAnswer, speaker_turns: Sequence[Turn]
) -> Iterator[tuple[Fraction, UInt8[np.ndarray, "H W 3"]]]:
    words = in_words(answer.judgement.offset_ms) if answer.judgement and not answer.reason else ""
    ways = [
        _Way(track.identity, np.asarray([float(time) for time in track.times]), track.boxes)
        for scene in answer.scenes
        for track in scene.tracks
    ]
    for picture in pictures:
        time = float(picture.time)
        here = [(way.face, box) for way in ways if (box := way.at(time)) is not None]
        speaking = {turn.face for turn in speaker_turns if turn.speaking and turn.start <= time < turn.end}
        pixels = picture.pixels()
        yield picture.time - origin, draw_faces(pixels, here, speaking, words) if here else pixels


def draw_faces(
    pixels: UInt8[np.ndarray, "H W 3"], faces: Sequence[tuple[int, np.ndarray]], speaking: set[int], words: str
) -> UInt8[np.ndarray, "H W 3"]:
    """A picture with boxes.

    Args:
      pixels: RGB.
      faces: identity and box (left, top, width and height, as fractions of the picture) of each.
      speaking: identities of those that speak.
      words: under the boxes of those.
    """
    image = Image.fromarray(pixels)
    draw, (width, height) = ImageDraw.Draw(image), image.size
    line, font = max(2, height // 240), ImageFont.load_default(size=max(11, height // 36))
    for face, (left, top, across, down) in faces:
        box = (left * width, top * height, (left + across) * width, (top + down) * height)
        colour, text = (SPEAKS, f"face {face}: {words}") if face in speaking else (SEEN, f"face {face}")
        draw.rectangle(box, outline=colour, width=2 * line if face in speaking else line)
        place = (box[0], min(box[3] + line, height - height // 20))
        draw.rectangle(draw.textbbox(place, text, font=font), fill=(0, 0, 0))
        draw.text(place, text, fill=(255, 255, 255), font=font)
    return np.asarray(image)


def _sound_from(sound: SoundStream, time: Fraction) -> Iterator[Float32[np.ndarray, " S"]]:
    """The sound from `time` (s) on, with silence before it where it starts later."""
    missing = nearest((sound.start - time) * sound.sample_rate)
    if missing > 0:
        yield np.zeros(missing, np.float32)
    skipped = max(0, -missing)
    for block in sound.blocks():
        if skipped < len(block):
            yield block[skipped:]
        skipped = max(0, skipped - len(block))
