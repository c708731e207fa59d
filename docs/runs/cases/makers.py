"""One odd file a function: films of made-up talkers with the traits of real files that people have trouble with.

The sound is moved by a known time. `EARLY` and `LATE` are what most have; all numbers are ms, positive = sound early.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
from av.stream import Disposition
from boxes import changed, edit_list, turned_by_180
from made_film import FPS, RATE, SECONDS, MadeFilm, Pixels, Sound, moved
from muxing import Coded, Copied, Cover, Track, write

EARLY, LATE = 179.0, -221.0

Make = Callable[[Path, MadeFilm], None]


@dataclass(frozen=True)
class Case:
    """An odd file.

    Attributes:
      name: of the file, with its suffix.
      trait: what is odd, a phrase.
      make: writes it.
      truth: the offset at its start (ms, positive = sound early); None where nobody can tell one.
      end: the offset at its end, where the sound drifts or jumps (ms).
      jumps: whether it jumps there, so that no single offset is right.
      refused: words that a refusal must have (a regular expression), where there is no truth.
      skipped: seconds of the film before the first picture.
    """

    name: str
    trait: str
    make: Make
    truth: float | None
    end: float | None
    jumps: bool
    refused: str
    skipped: float


CASES: list[Case] = []
"""All, in the order of the table."""


def case(
    name: str,
    truth: float | None = None,
    *,
    end: float | None = None,
    jumps: bool = False,
    refused: str = "",
    skipped: float = 0.0,
) -> Callable[[Make], Make]:
    """Lists a maker, whose docstring is the trait; arguments as `Case`."""

    def listed(make: Make) -> Make:
        trait = (make.__doc__ or "").strip().rstrip(".")
        CASES.append(Case(name, trait, make, truth, end, jumps, refused, skipped))
        return make

    return listed


def named(name: str) -> Case:
    """The case of such a name, with or without its suffix.

    Raises:
      KeyError: there is none.
    """
    return {key: each for each in CASES for key in (each.name, each.name.partition(".")[0])}[name]


# Channels and tracks


@case("centre.mkv", EARLY)
def centre(path: Path, film: MadeFilm) -> None:
    """5.1, the dialogue in the centre alone, loud music in all others."""
    voice, music = moved(film.sound, EARLY), _music()
    sides = [music(root) for root in (220, 262, 50, 196, 247)]
    channels = np.stack([*sides[:2], voice, *sides[2:]])
    write(path, Copied(film.path), Track(channels, "ac3", "5.1"))


@case("two-voices.mp4", EARLY)
def two_voices(path: Path, film: MadeFilm) -> None:
    """Two channels: left the voice that is seen, right another language's."""
    write(path, Copied(film.path), Track(np.stack([moved(film.sound, EARLY), film.other_voice]), layout="stereo"))


@case("hum.mp4", EARLY)
def hum(path: Path, film: MadeFilm) -> None:
    """Two channels: left a quiet voice, right the loud hum of an unused input."""
    noise = 0.5 * np.sin(2 * np.pi * 50 * _times()) + 0.1 * np.random.default_rng(1).standard_normal(len(film.sound))
    write(path, Copied(film.path), Track(np.stack([0.3 * moved(film.sound, EARLY), noise]), layout="stereo"))


@case("opposite.mkv", EARLY)
def opposite(path: Path, film: MadeFilm) -> None:
    """Two channels of opposite phase."""
    voice = moved(film.sound, EARLY)
    write(path, Copied(film.path), Track(np.stack([voice, -voice]), "flac", "stereo"))


@case("third-mono.mxf", EARLY)
def third_mono(path: Path, film: MadeFilm) -> None:
    """Four mono tracks (MXF, 24 bit), the dialogue on the third."""
    music, voice = _music(), moved(film.sound, EARLY)
    sounds = (music(220), music(262), voice, music(196))
    write(path, _mpeg2(film), *(Track(each, "pcm_s24le") for each in sounds))


@case("languages.mkv", EARLY)
def languages(path: Path, film: MadeFilm) -> None:
    """A commentary first (not default), then the original (default), then a dub."""
    commentary = Track(film.other_voice, about={"title": "Commentary", "language": "eng"}, mark=Disposition.comment)
    original = Track(moved(film.sound, EARLY), about={"language": "eng"}, mark=Disposition.default)
    dub = Track(film.other_voice[::-1].copy(), "ac3", about={"language": "fra"}, mark=Disposition(0))
    write(path, Copied(film.path), commentary, original, dub)


@case("cover.mp4", EARLY)
def cover(path: Path, film: MadeFilm) -> None:
    """A cover picture beside the film."""
    picture = next(film.pictures())[1]
    write(path, Copied(film.path), Track(moved(film.sound, EARLY)), Cover(picture))


# Far out, and drifting


@case("late-1400.mp4", -1400.0)
def late_1400(path: Path, film: MadeFilm) -> None:
    """Sound 1.4 s late, more than is searched at first."""
    write(path, Copied(film.path), Track(moved(film.sound, -1400)))


@case("late-5000.mp4", -5000.0)
def late_5000(path: Path, film: MadeFilm) -> None:
    """Sound 5 s late."""
    write(path, Copied(film.path), Track(moved(film.sound, -5000)))


@case("drift-4-percent.mp4", 0.0, end=-1000 * SECONDS / 24)
def drift_4_percent(path: Path, film: MadeFilm) -> None:
    """Sound of a 24 frames/s film beside 25 (4 % too long)."""
    write(path, Copied(film.path), Track(_longer(film.sound, Fraction(25, 24))))


@case("drift-0.1-percent.mp4", 0.0, end=-1.0 * SECONDS)
def drift_tenth_percent(path: Path, film: MadeFilm) -> None:
    """Sound 0.1 % too long (24 / 23.976)."""
    write(path, Copied(film.path), Track(_longer(film.sound, Fraction(1001, 1000))))


@case("jump-300.mkv", 0.0, end=300.0, jumps=True)
def jump_300(path: Path, film: MadeFilm) -> None:
    """In sync at first, 300 ms of the sound are missing in the middle."""
    middle, missing = SECONDS * RATE // 2, 3 * RATE // 10
    write(path, Copied(film.path), Track(np.concatenate([film.sound[:middle], film.sound[middle + missing :]])))


# Clocks


@case("jump-forward.ts", LATE)
def jump_forward(path: Path, film: MadeFilm) -> None:
    """Two recordings joined, the clock jumps forward by an hour."""
    _joined(path, film, clock=Fraction(3600))


@case("jump-back.ts", LATE)
def jump_back(path: Path, film: MadeFilm) -> None:
    """Two recordings joined, the clock jumps back to its start."""
    _joined(path, film, clock=Fraction(0))


@case("rate-change.ts", LATE)
def rate_change(path: Path, film: MadeFilm) -> None:
    """The sound changes from 48 to 44.1 kHz in the middle."""
    _joined(path, film, clock=Fraction(SECONDS, 2), rate=44_100)


@case("gap.mkv", LATE)
def gap(path: Path, film: MadeFilm) -> None:
    """2 s of the sound's packets are missing."""
    write(path, Copied(film.path), Track(moved(film.sound, LATE), keep=lambda time: not 8 <= time < 10))


@case("late-start.mkv", EARLY)
def late_start(path: Path, film: MadeFilm) -> None:
    """The sound's first packet comes 2.5 s after the first picture."""
    begin = Fraction(5, 2)
    write(path, Copied(film.path), Track(moved(film.sound, EARLY)[int(begin * RATE) :], "flac", start=begin))


@case("late-picture.mp4", EARLY, skipped=3.4)
def late_picture(path: Path, film: MadeFilm) -> None:
    """The first picture comes 3.4 s after the first sound."""
    pictures = ((time, pixels) for time, pixels in film.pictures() if time >= Fraction(34, 10))
    write(path, Coded(pictures), Track(moved(film.sound, EARLY)))


@case("long-sound.mp4", EARLY)
def long_sound(path: Path, film: MadeFilm) -> None:
    """The sound goes on for 15 s after the last picture."""
    sound = np.concatenate([moved(film.sound, EARLY), film.other_voice[: 15 * RATE]])
    write(path, Copied(film.path), Track(sound))


# Tables


@case("fragmented.mp4", LATE)
def fragmented(path: Path, film: MadeFilm) -> None:
    """Fragments whose clock begins at an hour, without an edit list."""
    hour = Fraction(3600)
    picture = Coded(film.pictures(), start=hour, options={"g": "50", "bf": "0"})
    flags = "+frag_keyframe+empty_moov+default_base_moof+frag_discont"
    options = {"movflags": flags, "avoid_negative_ts": "disabled"}
    write(path, picture, Track(moved(film.sound, LATE), start=hour), **options)


@case("cut.mkv", LATE, skipped=4.0)
def cut(path: Path, film: MadeFilm) -> None:
    """Cut between key pictures: what comes before the first cannot be decoded."""
    picture = Coded(film.pictures(), options={"g": "50", "bf": "2", "sc_threshold": "0"}, keep=_after_cut)
    write(path, picture, Track(moved(film.sound, LATE), keep=_after_cut))


@case("edit-list.mov", EARLY)
def edited(path: Path, film: MadeFilm) -> None:
    """An edit list of two parts leaves out 1 s in the middle of the sound."""
    sound, half = moved(film.sound, EARLY), 9 * RATE
    junk = 0.2 * np.sin(2 * np.pi * 440 * _times()[:RATE])
    stored = np.concatenate([sound[:half], junk, sound[half:]])
    write(path, Copied(film.path), Track(stored, "pcm_s16le"), movie_timescale=str(RATE))
    parts = edit_list((half, 0), (len(sound) - half, half + RATE))
    changed(path, (b"edts", b"elst"), b"smhd", lambda body: parts)


@case("turned.mp4", LATE)
def turned(path: Path, film: MadeFilm) -> None:
    """Filmed upside down, turned back by the file's matrix."""
    pictures = ((time, np.ascontiguousarray(pixels[::-1, ::-1])) for time, pixels in film.pictures())
    write(path, Coded(pictures), Track(moved(film.sound, LATE)))
    changed(path, (b"tkhd",), b"vmhd", turned_by_180)


# Levels and rates


@case("quiet.mp4", LATE)
def quiet(path: Path, film: MadeFilm) -> None:
    """45 dB quieter than usual."""
    write(path, Copied(film.path), Track(10 ** (-45 / 20) * moved(film.sound, LATE)))


@case("clipped.mov", LATE)
def clipped(path: Path, film: MadeFilm) -> None:
    """40 dB too loud, so that nearly all of it is clipped."""
    write(path, Copied(film.path), Track(np.clip(100 * moved(film.sound, LATE), -1, 1), "pcm_s16le"))


@case("telephone.mov", LATE)
def telephone(path: Path, film: MadeFilm) -> None:
    """Sound of a telephone, 8 kHz mu-law."""
    write(path, Copied(film.path), Track(moved(film.sound, LATE), "pcm_mulaw", rate=8000))


@case("96-khz.mkv", LATE)
def hertz_96k(path: Path, film: MadeFilm) -> None:
    """Sound at 96 kHz."""
    write(path, Copied(film.path), Track(moved(film.sound, LATE), "flac", rate=96_000))


@case("repeated-60.mp4", LATE)
def repeated_60(path: Path, film: MadeFilm) -> None:
    """A call of 25 pictures/s recorded at 60 by showing them again."""
    fps = Fraction(60)
    write(path, Coded(_repeated(film, fps), fps=fps, unit=1 / fps), Track(moved(film.sound, LATE)))


@case("variable.mp4", LATE)
def variable(path: Path, film: MadeFilm) -> None:
    """A phone's variable frame rate: pictures are missing, others a little early or late."""
    random = np.random.default_rng(2)
    kept = (pair for pair in film.pictures() if random.random() > (0.6 if 8 < pair[0] < 9 else 0.2) or not pair[0])
    shaken = ((time + Fraction(int(random.integers(-4, 5)) if time else 0, 600), pixels) for time, pixels in kept)
    write(path, Coded(shaken, unit=Fraction(1, 600), options={"bf": "0"}), Track(moved(film.sound, LATE)))


# Nothing to be told


@case("silent.mp4", refused="silent")
def silent(path: Path, film: MadeFilm) -> None:
    """A silent sound track."""
    write(path, Copied(film.path), Track(np.zeros_like(film.sound)))


@case("tone.mp4", refused="no speech")
def tone(path: Path, film: MadeFilm) -> None:
    """A tone instead of speech."""
    write(path, Copied(film.path), Track(0.1 * np.sin(2 * np.pi * 1000 * _times())))


@case("bars.mp4", refused="no face")
def bars(path: Path, film: MadeFilm) -> None:
    """Colour bars instead of the picture."""
    colours = [[192] * 3, [192, 192, 0], [0, 192, 192], [0, 192, 0], [192, 0, 192], [192, 0, 0], [0, 0, 192], [0] * 3]
    pixels = np.tile(np.repeat(np.array(colours, np.uint8), 64, 0), (288, 1, 1))
    write(path, Coded(_still(pixels)), Track(film.sound))


@case("still.mp4", refused="stands still")
def still(path: Path, film: MadeFilm) -> None:
    """A still picture of a face with speech."""
    pixels = next(islice(film.pictures(), 400, None))[1]
    write(path, Coded(_still(pixels)), Track(film.sound))


# Codecs


def _codec(name: str, codec: str, picture: str = "", layout: str = "stereo") -> None:
    """Lists a file whose sound is coded so, the picture copied or coded as is said."""

    def make(path: Path, film: MadeFilm) -> None:
        sound = moved(film.sound, EARLY)
        channels = sound if layout == "mono" else np.stack([sound, 0.7 * sound])
        seen = _mpeg2(film) if picture == "mpeg2video" else Coded(film.pictures(), picture)
        write(path, seen if picture else Copied(film.path), Track(channels, codec, layout))

    pictures = f", picture {picture.removeprefix('lib')}" if picture else ""
    make.__doc__ = f"Sound {codec.removeprefix('lib')} in {name.rpartition('.')[2]}{pictures}."
    case(name, EARLY)(make)


_codec("opus.webm", "libopus", "libvpx-vp9")
_codec("vorbis.webm", "vorbis", "libvpx")
_codec("mp3.mp4", "libmp3lame")
_codec("mp3.mkv", "libmp3lame")
_codec("ac3.ts", "ac3")
_codec("eac3.mp4", "eac3")
_codec("vorbis.mkv", "vorbis")
_codec("alac.mov", "alac")
_codec("pcm24.mov", "pcm_s24le")
_codec("pcm24.mkv", "pcm_s24le")
_codec("pcm24.mxf", "pcm_s24le", "mpeg2video", "mono")


def _times() -> np.ndarray:
    """Of the film's samples (s)."""
    return np.arange(SECONDS * RATE) / RATE


def _music() -> Callable[[float], Sound]:
    """Makes loud chords over a root (Hz) that swell, with some noise."""
    random, times = np.random.default_rng(3), _times()

    def chord(root: float) -> Sound:
        swell = 0.5 + 0.5 * np.sin(2 * np.pi * (0.4 + root / 1000) * times)
        tones = 0.3 * np.sin(2 * np.pi * root * times) * swell + 0.15 * np.sin(3 * np.pi * root * times)
        return (tones + 0.03 * random.standard_normal(len(times))).astype(np.float32)

    return chord


def _longer(sound: Sound, ratio: Fraction) -> Sound:
    """The sound so many times as long, lower in pitch."""
    places = np.arange(int(len(sound) * ratio)) / float(ratio)
    return np.interp(places, np.arange(len(sound)), sound).astype(np.float32)


def _joined(path: Path, film: MadeFilm, clock: Fraction, rate: int = RATE) -> None:
    """Two transport streams, joined byte by byte; the second begins at `clock` (s), its sound has another `rate`."""
    sound, half = moved(film.sound, LATE), Fraction(SECONDS, 2)
    coding = {"g": "25", "bf": "0"}
    parts = []
    for first, start, hertz in ((Fraction(0), Fraction(0), RATE), (half, clock, rate)):
        pictures = ((time - first, pixels) for time, pixels in film.pictures() if first <= time < first + half)
        part = path.with_name(f"part-{len(parts)}.ts")
        samples = sound[int(first * RATE) : int((first + half) * RATE)]
        write(part, Coded(pictures, start=start, options=coding), Track(samples, "mp2", rate=hertz, start=start))
        parts.append(part.read_bytes())
        part.unlink()
    path.write_bytes(b"".join(parts))


def _after_cut(time: float) -> bool:
    return time >= 3.3


def _mpeg2(film: MadeFilm) -> Coded:
    """What MXF holds here."""
    return Coded(film.pictures(), "mpeg2video", options={"g": "12", "b": "5M"})


def _repeated(film: MadeFilm, fps: Fraction) -> Iterator[tuple[Fraction, Pixels]]:
    """The film at a higher rate, each picture shown again until the next."""
    count = 0
    for time, pixels in film.pictures():
        while count / fps < time + 1 / FPS:
            yield count / fps, pixels
            count += 1


def _still(pixels: Pixels) -> Iterator[tuple[Fraction, Pixels]]:
    return ((index / FPS, pixels) for index in range(SECONDS * int(FPS)))
