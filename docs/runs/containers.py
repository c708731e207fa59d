"""What `divas repair` makes of every container and sound: a small film of each is moved by 120 ms and read back.

python docs/runs/containers.py [CONTAINER…]

A film flashes and clicks at the same times. Its copy is written as `divas repair` writes it once a constant offset is
known, into its own container, an mkv and all others; the clicks of the copy are then measured against its flashes.
"""

import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from divas_jax.clip import Clip
from divas_jax.errors import UserError
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import picture_frame, picture_stream
from divas_jax.media.heard_sound import ENCODERS, heard_sound
from divas_jax.media.hearing import hearing_of
from divas_jax.media.held import FORMATS as ENDS
from divas_jax.title.repair import Repair
from divas_jax.title.repaired_copy import write_repaired
from divas_jax.writing import replacing

BY_S, NEAR_MS = 0.12, 2.0
"""How far the sound is moved (s), and how near to it the measured move must be (ms)."""

RATE, FPS, SIDE = 48_000, 25, 64
FLASHES = range(10, 90, 17)

FORMATS = {
    "mp4": ("mp4", "libx264"), "mov": ("mov", "libx264"), "m4v": ("mp4", "libx264"), "mkv": ("matroska", "libx264"),
    "webm": ("webm", "libvpx-vp9"), "ts": ("mpegts", "libx264"), "m2ts": ("mpegts", "libx264"),
    "mxf": ("mxf", "mpeg2video"), "mpg": ("mpeg", "mpeg2video"), "vob": ("vob", "mpeg2video"),
    "avi": ("avi", "mpeg4"), "flv": ("flv", "libx264"), "wmv": ("asf", "wmv2"), "ogg": ("ogg", "libvpx"),
    "3gp": ("3gp", "libx264"), "nut": ("nut", "libx264"),
}  # fmt: skip
"""Of a name's end: FFmpeg's container and the picture that is put into it."""

CODECS = (
    "aac", "libmp3lame", "ac3", "eac3", "mp2", "libopus", "vorbis", "flac", "alac", "pcm_s16le", "pcm_s16be",
    "pcm_s24le", "pcm_alaw", "pcm_u8", "pcm_f32le", "pcm_bluray", "pcm_dvd", "wmav2", "dca", "truehd",
)  # fmt: skip


def sound() -> np.ndarray:
    """Clicks at the flashes, in a quiet tone [2, samples], as float."""
    samples = 0.01 * np.sin(np.arange(4 * RATE) * 2 * np.pi * 300 / RATE).astype(np.float32)
    ramp = np.arange(-48, 49) / 48
    for flash in FLASHES:
        place = flash * RATE // FPS
        samples[place - 48 : place + 49] += (0.8 * np.exp(-4 * ramp**2) * np.cos(8 * ramp)).astype(np.float32)
    return np.stack([samples, samples])


def made(path: Path, codec: str) -> None:
    """Writes the film; raises where FFmpeg cannot write such sound to such a container."""
    kind, picture = FORMATS[path.suffix[1:]]
    disc = {"mpegts_m2ts_mode": "1"} if path.suffix == ".m2ts" else {}
    with av.open(str(path), "w", format=kind, container_options=disc) as output:
        coding = {"b": "400k", "g": "12", "deadline": "realtime", "preset": "veryfast"}
        seen = picture_stream(output, Fraction(FPS), (SIDE, SIDE), picture, Fraction(1, FPS), coding)
        heard = output.add_stream(codec, rate=RATE, layout="stereo", options={"strict": "-2"})
        if codec.startswith("wma"):
            heard.bit_rate = 128_000
        output.start_encoding()
        packets = list(_pictures(seen)) + list(_sounds(heard))
        for packet in sorted(packets, key=lambda each: (each.dts or 0) * each.time_base):
            output.mux(packet)


def _pictures(stream: Any) -> Iterator[Any]:
    reformatter = VideoReformatter()
    for index in range(4 * FPS):
        pixels = np.full((SIDE, SIDE, 3), 235 if index in FLASHES else 20, np.uint8)
        yield from stream.encode(picture_frame(reformatter, pixels, stream, Fraction(index, FPS), Fraction(1, FPS)))
    yield from stream.encode(None)


def _sounds(stream: Any) -> Iterator[Any]:
    resampler = av.AudioResampler(stream.codec_context.format.name, "stereo", RATE, stream.codec_context.frame_size)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound()), "fltp", "stereo")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    for part in (*resampler.resample(frame), *resampler.resample(None)):
        yield from stream.encode(part)
    yield from stream.encode(None)


def late_ms(clip: Clip) -> np.ndarray:
    """Of each flash: by how much its click comes later (ms)."""
    found = []
    for flash in np.flatnonzero(clip.frames.mean(axis=(1, 2, 3)) > 120):
        time = clip.frame_time(int(flash))
        first = max(0, clip.sample_at(time) - RATE // 4)
        peak = first + int(np.abs(clip.samples[first : first + RATE // 2]).argmax())
        found.append(1000 * float(clip.sample_time(peak) - time))
    return np.array(found)


def outcome(path: Path, out: Path) -> str:
    """What becomes of a film: a cell of the table."""
    try:
        heard = heard_sound(path, out, hearing_of(path))
        with replacing(out) as partial:
            written = write_repaired(path, partial, out, Repair(1.0, BY_S), [], [heard])
        before, after = decode_clip(path), decode_clip(out)
    except UserError as error:
        left = [each.name for each in out.parent.iterdir() if each != path]
        sentence = str(error).replace(f"{path.parent}/", "").replace(", ".join(ENDS), "…")
        return f"FAULT: {left} left behind" if left else f"refused: {sentence}"
    except Exception as error:  # what this is about
        return f"FAULT: {type(error).__name__} {error}"
    moved = late_ms(after) - late_ms(before)
    if not len(moved) or abs(moved - 1000 * BY_S).max() > NEAR_MS:
        return f"FAULT: moved by {np.round(moved, 1).tolist()} ms"
    if not np.array_equal(before.frames, after.frames):
        return "FAULT: other pictures"
    other = "" if heard.encoder in (heard.codec, ENCODERS.get(heard.codec)) else f", in {heard.encoder}"
    return "; ".join(
        [f"{moved.mean():+.1f} ms{other}", *(each.replace(f"{path.parent}/", "") for each in written.warnings)]
    )


def copied(path: Path, end: str) -> str:
    """The outcome of a copy with this end, which is deleted again."""
    out = path.with_name(f"copy.{end}")
    try:
        return outcome(path, out)
    finally:
        out.unlink(missing_ok=True)


def sounds_of(kind: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """The codecs whose sound FFmpeg writes to such a container, each with its film."""
    for codec in CODECS:
        path = folder / f"film.{kind}"
        try:
            made(path, codec)
        except (av.error.FFmpegError, ValueError, TypeError):
            path.unlink(missing_ok=True)
            continue
        yield codec, path


def by_sound(kinds: list[str], folder: Path) -> str:
    """A table: every sound, into a file of the same kind and into an mkv; sounds of one outcome in one row."""
    rows = ["| film | sound | copy of the same kind | copy.mkv |", "| --- | --- | --- | --- |"]
    for kind in kinds:
        found: dict[tuple[str, str], list[str]] = {}
        for codec, path in sounds_of(kind, folder):
            found.setdefault((copied(path, kind), copied(path, "mkv")), []).append(codec)
            path.unlink()
        rows += [f"| {kind} | {', '.join(codecs)} | {own} | {mkv} |" for (own, mkv), codecs in found.items()]
    return "\n".join(rows)


def by_container(kinds: list[str], folder: Path) -> str:
    """A table: the first sound of every container into every other."""
    ends = [end[1:] for end in ENDS]
    rows = [f"| film | {' | '.join(ends)} |", "| --- " * (len(ends) + 1) + "|"]
    for kind in kinds:
        codec, path = next(sounds_of(kind, folder))
        cells = [copied(path, end) for end in ends]
        short = [cell if not cell.startswith("refused") else f"refused{cell[cell.rfind(':') :]}" for cell in cells]
        rows.append(f"| {kind} ({codec}) | {' | '.join(short)} |")
        path.unlink()
    return "\n".join(rows)


def main(kinds: list[str]) -> int:
    """Prints the tables; 1 if there is a fault."""
    with tempfile.TemporaryDirectory() as folder:
        tables = [make(kinds or list(FORMATS), Path(folder)) for make in (by_sound, by_container)]
    print("\n\n".join(tables))
    faults = sum(table.count("FAULT") for table in tables)
    print(f"\n{faults} faults")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
