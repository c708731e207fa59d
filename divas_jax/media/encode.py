"""A `Clip` to a media file with exact presentation times."""

import io
import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from av.video.reformatter import VideoReformatter
from jaxtyping import Float32, UInt8

from divas_jax.clip import Clip
from divas_jax.errors import UserError
from divas_jax.rates import nearest
from divas_jax.writing import write_whole

CONTAINERS = {
    "mp4": ("libx264", "aac"),
    "mov": ("libx264", "aac"),
    "matroska": ("libx264", "aac"),
    "webm": ("libvpx-vp9", "libopus"),
    "mpegts": ("libx264", "aac"),
    "flv": ("libx264", "aac"),
    "avi": ("libx264", "libmp3lame"),
}
"""Containers that are written, with their usual codecs for picture and sound."""

OTHER_NAMES = {"mkv": "matroska", "ts": "mpegts"}
"""What people call some of them."""

_FINEST = 1 << 31
_SPEEDS = {"libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "b:v": "0"}}


def encode_clip(
    clip: Clip,
    target: str | Path | None = None,
    *,
    container: str = "mp4",
    video_codec: str | None = None,
    audio_codec: str | None = None,
    crf: int = 20,
    preset: str = "veryfast",
    audio_bit_rate: int = 64_000,
    keyframe_interval: int | None = None,
    draw: Callable[[int], UInt8[np.ndarray, "H W 3"]] | None = None,
) -> bytes:
    """Writes a clip so that `decode_clip` finds every frame and sample at its time.

    mp4 and mov keep the clip's own times. Where one of them is negative, and in
    the other containers, whose writers reserve time for reordering and priming,
    picture and sound move together; what lies between them stays. The sound
    starts at the sample nearest to its time; codecs with priming (AAC, Opus)
    may put up to one of their frames of near-silence before it.

    Args:
      clip: frames of any size; odd heights and widths are kept (4:4:4).
      target: file to write, at once or not at all; its folder must exist.
      container: a key of `CONTAINERS`, or "mkv" or "ts".
      video_codec: FFmpeg's name of the encoder; the container's usual one by default.
      audio_codec: likewise, for example "aac" or "pcm_s16le" (mov, mkv).
      crf: constant quality; lower is better.
      preset: speed of libx264.
      audio_bit_rate: bits/s.
      keyframe_interval: frames from one key frame to the next; the encoder's own by default.
      draw: what is shown as frame i instead of the clip's own, RGB of one size; called in order, when it is needed.

    Returns:
      The bytes of the file, also where a target is given.

    Raises:
      UserError: the container, codecs and sample rate do not go together, or the target cannot be written.
    """
    kind = OTHER_NAMES.get(container, container)
    if kind not in CONTAINERS:
        raise UserError(f"container {container!r} is not one of {', '.join(CONTAINERS)}")
    pictures, sounds = CONTAINERS[kind]
    options = {"crf": str(crf), **_SPEEDS.get(video_codec or pictures, {"preset": preset})}
    if keyframe_interval:
        options["g"] = str(keyframe_interval)
    try:
        codecs = video_codec or pictures, audio_codec or sounds
        media = _encoded(clip, kind, codecs, options, audio_bit_rate, draw or clip.frames.__getitem__)
    except (av.error.FFmpegError, ValueError) as error:
        raise UserError(f"{clip.name} cannot be written as {container} ({error})") from error
    if target is not None:
        write_whole(Path(target), media)
    return media


def written_rates(codec: str) -> Sequence[int]:
    """Sample rates (Hz) that a codec of FFmpeg writes; none named where it writes any."""
    return av.Codec(codec, "w").audio_rates or ()


def _encoded(
    clip: Clip,
    kind: str,
    codecs: tuple[str, str],
    options: dict[str, str],
    bit_rate: int,
    draw: Callable[[int], np.ndarray],
) -> bytes:
    origin = min(clip.frame_time(0), clip.sound_start if len(clip.samples) else Fraction(0), Fraction(0))
    times = [clip.frame_time(i) - origin for i in range(len(clip.frames))]
    base = _time_base(times)
    buffer = io.BytesIO()
    muxing = {"movie_timescale": str(movie_scale(base, clip.sample_rate))} if kind in ("mp4", "mov") else {}
    with av.open(buffer, "w", format=kind, container_options=muxing) as output:
        picture = picture_stream(output, clip.fps, draw(0).shape[:2], codecs[0], base, options)
        sound = sound_stream(output, clip.name, clip.sample_rate, codecs[1], bit_rate) if len(clip.samples) else None
        output.start_encoding()
        heard = _sound_frames(clip, sound, clip.sound_start - origin) if sound else iter(())
        pending = next(heard, None)
        for time, frame in zip(times, _picture_frames(draw, picture, times, base), strict=True):
            while sound is not None and pending is not None and frame_start(pending) <= time:
                output.mux(sound.encode(pending))
                pending = next(heard, None)
            output.mux(picture.encode(frame))
        output.mux(picture.encode(None))
        while sound is not None and pending is not None:
            output.mux(sound.encode(pending))
            pending = next(heard, None)
        if sound:
            output.mux(sound.encode(None))
    return buffer.getvalue()


def _time_base(times: list[Fraction]) -> Fraction:
    """The coarsest unit that holds all times exactly, or microseconds."""
    scale = math.lcm(*(time.denominator for time in times))
    return Fraction(1, scale if scale < _FINEST else 1_000_000)


def movie_scale(base: Fraction, sample_rate: int) -> int:
    """mp4's units per second in which both streams' starts are exact."""
    scale = math.lcm(base.denominator, sample_rate)
    return scale if scale < _FINEST else 720_000


def picture_stream(
    output: Any, fps: Fraction, size: tuple[int, int], codec: str, base: Fraction, options: dict[str, str]
) -> Any:
    """Adds a stream for pictures of `size` (height, width) with times in units of `base` s."""
    stream = output.add_stream(codec, rate=fps, options=options)
    height, width = size
    stream.width, stream.height = width, height
    stream.pix_fmt = "yuv444p" if height % 2 or width % 2 else "yuv420p"
    stream.time_base = stream.codec_context.time_base = base
    if height * width < 400_000:
        stream.codec_context.thread_count = 1
    return stream


def _picture_frames(
    draw: Callable[[int], np.ndarray], stream: Any, times: list[Fraction], base: Fraction
) -> Iterator[av.VideoFrame]:
    reformatter = VideoReformatter()
    for index, time in enumerate(times):
        yield picture_frame(reformatter, draw(index), stream, time, base)


def picture_frame(
    reformatter: VideoReformatter, pixels: UInt8[np.ndarray, "H W 3"], stream: Any, time: Fraction, base: Fraction
) -> av.VideoFrame:
    """RGB as a frame for a stream, shown at `time` (s) in units of `base` s."""
    rgb = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    frame = reformatter.reformat(rgb, format=stream.pix_fmt, threads=1)
    frame.pts, frame.time_base = nearest(time / base), base
    return frame


def sound_stream(output: Any, name: str, sample_rate: int, codec: str, bit_rate: int) -> Any:
    """Adds a stream for mono sound with times in samples.

    Raises:
      UserError: the codec does not write this sample rate.
    """
    rates = written_rates(codec)
    if rates and sample_rate not in rates:
        known = ", ".join(map(str, sorted(rates)))
        raise UserError(f"{name} has a sample rate of {sample_rate} Hz, but {codec} writes {known}")
    stream = output.add_stream(codec, rate=sample_rate, layout="mono")
    if not codec.startswith("pcm"):
        stream.bit_rate = bit_rate
    stream.time_base = stream.codec_context.time_base = Fraction(1, sample_rate)
    return stream


def _sound_frames(clip: Clip, stream: Any, start: Fraction) -> Iterator[av.AudioFrame]:
    step = stream.codec_context.frame_size or 1024
    first = nearest(start * clip.sample_rate)
    for position in range(0, len(clip.samples), step):
        yield sound_frame(clip.samples[position : position + step], stream, clip.sample_rate, first + position)


def sound_frame(samples: Float32[np.ndarray, " S"], stream: Any, sample_rate: int, first: int) -> av.AudioFrame:
    """Samples in [-1, 1] as a frame for a stream; `first` is the place of the first of them."""
    sample_format = stream.codec_context.format.name
    values = _as_format(samples, sample_format)
    frame = av.AudioFrame.from_ndarray(values[None], format=sample_format, layout="mono")
    frame.sample_rate, frame.time_base, frame.pts = sample_rate, Fraction(1, sample_rate), first
    return frame


def frame_start(frame: av.AudioFrame) -> Fraction:
    """Time of the first sample of a frame that `sound_frame` made (s)."""
    assert frame.pts is not None
    assert frame.time_base is not None
    return frame.pts * frame.time_base


def _as_format(samples: np.ndarray, sample_format: str) -> np.ndarray:
    """Samples in [-1, 1] in one of FFmpeg's formats (mono, so planar and packed are the same)."""
    if sample_format.startswith("flt"):
        return np.ascontiguousarray(samples)
    if sample_format.startswith("dbl"):
        return samples.astype(np.float64)
    bits, kind = (16, np.int16) if sample_format.startswith("s16") else (32, np.int32)
    full = 2 ** (bits - 1)
    return np.clip(np.rint(samples.astype(np.float64) * full), -full, full - 1).astype(kind)
