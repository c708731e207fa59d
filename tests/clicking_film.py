"""A short film with all that a repair must keep: B-frames, two sound tracks, chapters, tags; clicks in its sound."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from divas_jax.media.encode import picture_frame, picture_stream

RATE, FPS = 48_000, Fraction(30000, 1001)
CLICKS = (0.5, 1.25, 2.0, 2.75)
"""Times of clicks in the sound (s)."""


def clicks() -> np.ndarray:
    sound = np.zeros((3 * RATE, 2), np.float32)
    ringing = np.exp(-np.arange(200) / 20) * np.cos(np.arange(200) / 3)
    for time in CLICKS:
        sound[round(time * RATE) : round(time * RATE) + 200] += 0.8 * ringing[:, None].astype(np.float32)
    return sound


def made_film(path: Path, codec: str = "aac", key_every: int = 250, timecode: str = "", sound_at: float = 0.0) -> Path:
    """Three seconds with B-frames, two sound tracks that begin `sound_at` s late, chapters, tags."""
    kinds = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska", ".ts": "mpegts"}
    with av.open(str(path), "w", format=kinds[path.suffix]) as output:
        base = Fraction(1, FPS.numerator)
        seen = picture_stream(
            output, FPS, (64, 64), "libx264", base, {"crf": "30", "preset": "medium", "bf": "3", "g": str(key_every)}
        )
        if timecode:
            seen.metadata["timecode"] = timecode
        seen.codec_context.color_range, seen.codec_context.colorspace = 1, 1
        first = output.add_stream(codec, rate=RATE, layout="stereo")
        first.metadata["language"] = "deu"
        other = output.add_stream("aac" if path.suffix != ".mkv" else "flac", rate=RATE, layout="mono")
        other.metadata["language"] = "fra"
        output.metadata["title"] = "Probe"
        if path.suffix in (".mkv", ".mp4"):
            half = {"time_base": Fraction(1, 1000), "metadata": {"title": "one"}}
            output.set_chapters(
                [{"id": 0, "start": 0, "end": 1500, **half}, {"id": 1, "start": 1500, "end": 3000, **half}]
            )
        reformatter = VideoReformatter()
        for number in range(90):
            pixels = np.full((64, 64, 3), (number * 7) % 255, np.uint8)
            output.mux(seen.encode(picture_frame(reformatter, pixels, seen, number / FPS, base)))
        output.mux(seen.encode(None))
        for stream, sound in ((first, clicks()), (other, clicks()[:, :1])):
            for start in range(0, len(sound), 1024):
                block = np.ascontiguousarray(sound[start : start + 1024])
                frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), "flt", stream.layout.name)
                frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
                frame.pts = start + round(sound_at * RATE)
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
    return path
