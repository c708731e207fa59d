"""One pass over a file of any length: decoded once, out come its scenes with their faces."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from divas_jax.media.clock import Jump
from divas_jax.media.container import Media
from divas_jax.media.hearing import Hearing, open_heard
from divas_jax.media.picture_stream import Picture, PictureStream
from divas_jax.media.tracks import NOTHING, Wish
from divas_jax.title.ahead import made_ahead
from divas_jax.title.listening import listen_all
from divas_jax.title.scenes import AROUND, LONGEST, SHORTEST, Scene, make_scene
from divas_jax.title.shots import DELAY, ShotFinder
from divas_jax.title.sound_ahead import SoundAhead
from divas_jax.title.speech import Span
from divas_jax.title.stages import Stages
from divas_jax.title.watching import MakeWatcher, Watcher

SHOT_SIDE = 256
"""Longer side of the copy in which cuts are looked for (pixels)."""

_LEAD = Fraction(1)
"""Reading a part begins so much earlier (s): sound codecs need their last frame."""

DECODED_AHEAD = 4
"""Pictures that wait decoded, while those before them are looked at."""

PAUSE = Fraction(2)
"""Faces are followed through pauses of speech so long (s), to be known again after them."""

Progress = Callable[[float, float | None], None]
"""Called with how much is done and of how much, in any one unit (seconds, pieces); None where nobody knows."""


@dataclass
class Facts:
    """What a pass saw, besides scenes; complete after its last scene.

    Attributes:
      pictures: how many.
      start: time of the first picture (s).
      end: when the last one ends (s), taking it to last 1 / fps, or, where no rate is told, as long as the one before.
      fps: frames/s as the file tells.
      sample_rate: Hz.
      shots: times of the first picture of each shot (s).
      zero: the time from which people count (s): 0, or the first picture where a file's clock begins anywhere.
      timecode: of its first picture, as the file carries it; empty if it does not.
      spoken: seconds of picture with speech.
      loudest: largest absolute sample, 0 to 1.
      stages: where the time went.
      warnings: doubts about the file.
      jumps: of its clock, on the unbroken line that all other times are on.
      hearing: which track and channels of its sound were heard.
      others: the same of the other sounds, where all were wanted.
    """

    pictures: int = 0
    start: Fraction = Fraction(0)
    end: Fraction = Fraction(0)
    fps: Fraction | None = None
    sample_rate: int = 0
    shots: list[Fraction] = field(default_factory=list)
    zero: Fraction = Fraction(0)
    timecode: str = ""
    spoken: float = 0.0
    loudest: float = 0.0
    stages: Stages = field(default_factory=Stages)
    warnings: tuple[str, ...] = ()
    jumps: tuple[Jump, ...] = ()
    hearing: Hearing | None = None
    others: tuple["Facts", ...] = ()


class Scan:
    """Iterates once over the scenes of a file; then `facts` are complete.

    Args:
      source: a media file.
      make_watcher: makes what follows the faces, or keeps whole pictures.
      progress: learns how far the pass has come.
      wish: which picture and sound are wanted, where there are several.
      around: sound kept on both sides of a scene (s).
      span: the part of the file that is looked at (s); None for the whole.
      hearing: which sound is heard; None to find out.
    """

    def __init__(
        self,
        source: Path,
        make_watcher: MakeWatcher,
        progress: Progress | None = None,
        wish: Wish = NOTHING,
        around: Fraction = AROUND,
        span: Span | None = None,
        hearing: Hearing | None = None,
    ) -> None:
        self.facts = Facts(hearing=hearing)
        self._span = span
        self._source, self._progress, self._wish, self._around = source, progress, wish, around
        self._watcher = make_watcher(self.facts.stages)

    def __iter__(self) -> Iterator[Scene]:
        """The scenes, in order.

        Raises:
          UserError: the file cannot be used; the message says why.
        """
        with ExitStack() as files:
            known = self.facts.hearing
            hearings, failures = ((known,), ()) if known else listen_all(self._source, self._wish)
            self.facts.hearing = hearings[0]
            begins = None if self._span is None else self._span.start - self._around - _LEAD
            seen, heard, *dubs = (
                files.enter_context(open_heard(self._source, hearing, wish=self._wish, begins=begins))
                for hearing in (hearings[0], *hearings)
            )
            sound, *others = sounds = [SoundAhead(media) for media in (heard, *dubs)]
            pictures = PictureStream(seen)
            self.facts.fps, self.facts.sample_rate = pictures.fps, sound.sample_rate
            spoken = [0.0] * len(others)
            yield from self._scenes(pictures, sounds, seen, spoken)
            for each in sounds:
                each.read_until(self.facts.end)
            self.facts.zero = self.facts.start if seen.running_clock else Fraction(0)
            self.facts.timecode = seen.timecode
            self.facts.loudest = sound.loudest
            self.facts.jumps = seen.jumps
            self.facts.warnings = tuple(dict.fromkeys((*seen.warnings, *heard.warnings, *failures)))
            self.facts.others = tuple(
                replace(
                    self.facts,
                    hearing=hearing,
                    sample_rate=other.sample_rate,
                    spoken=seconds,
                    loudest=other.loudest,
                    warnings=tuple(dict.fromkeys((*seen.warnings, *dub.warnings))),
                )
                for hearing, other, dub, seconds in zip(hearings[1:], others, dubs, spoken, strict=True)
            )

    def _scenes(
        self, pictures: PictureStream, sounds: Sequence[SoundAhead], media: Media, spoken: list[float]
    ) -> Iterator[Scene]:
        """The first sound tells where somebody speaks; `spoken` counts the seconds in which the others do."""
        sound, *others = sounds
        facts, current = self.facts, _Current(self._watcher, pictures, sounds, media.name, self._around)
        heard_until: Fraction | None = None
        previous: Picture | None = None
        for picture, first in made_ahead(_with_cuts(_within(pictures, self._span), facts.stages), DECODED_AHEAD):
            self._note(picture, first, previous, pictures.duration)
            with facts.stages("speech"):
                for each in sounds:
                    each.forget(picture.time - LONGEST - 2 * self._around)
                span = sound.speech_at(picture.time)
                for place, other in enumerate(others):
                    heard = other.speech_at(picture.time) is not None and previous is not None
                    spoken[place] += float(picture.time - previous.time) if heard and previous else 0.0
            if current.pts and (first or span is None or current.long_enough(picture.time, span.end)):
                yield from current.finish(len(facts.shots) - 1 - first)
            if first:
                self._watcher.cut()
            if span is not None:
                heard_until = picture.time
                facts.spoken += float(picture.time - previous.time) if previous else 0.0
                current.add(picture)
            elif heard_until is not None and picture.time < heard_until + PAUSE:
                self._watcher.look(picture)
            previous = picture
        if current.pts:
            yield from current.finish(len(facts.shots) - 1)

    def _note(self, picture: Picture, first: bool, previous: Picture | None, duration: float | None) -> None:
        facts = self.facts
        facts.pictures += 1
        lasts = Fraction(0)
        if facts.fps:
            lasts = 1 / facts.fps
        elif previous:
            lasts = picture.time - previous.time
        facts.end = picture.time + max(Fraction(0), lasts)
        if previous is None:
            facts.start = picture.time
        if first or previous is None:
            facts.shots.append(picture.time)
        if self._progress and facts.pictures % 10 == 0:
            self._progress(float(picture.time - facts.start), duration)


class _Current:
    """The scene that is being collected."""

    def __init__(
        self, watcher: Watcher, pictures: PictureStream, sounds: Sequence[SoundAhead], name: str, around: Fraction
    ) -> None:
        self.pts: list[int] = []
        self._around = around
        self._watcher, self._pictures, self._sounds, self._name = watcher, pictures, sounds, name
        self._start = Fraction(0)
        self._lines = 0

    def add(self, picture: Picture) -> None:
        if not self.pts:
            self._start, self._lines = picture.time, picture.size[0]
        self.pts.append(picture.pts)
        self._watcher.add(picture)

    def long_enough(self, time: Fraction, speech_end: Fraction) -> bool:
        """Whether to begin another scene at `time` (s): not if only a scrap of speech would be left for it."""
        return time - self._start >= LONGEST and speech_end - time >= SHORTEST

    def finish(self, shot: int) -> Iterator[Scene]:
        pts, self.pts = self.pts, []
        stream = self._pictures
        seen, sounds = self._watcher.finish(), self._sounds
        scene = make_scene(shot, pts, stream.time_base, stream.fps, seen, sounds, self._lines, self._name, self._around)
        if scene:
            yield scene


def _within(pictures: Iterable[Picture], span: Span | None) -> Iterator[Picture]:
    """Those of the part of the file that is looked at."""
    for picture in pictures:
        if span is not None and picture.time >= span.end:
            return
        if span is None or picture.time >= span.start:
            yield picture


def _with_cuts(pictures: Iterable[Picture], stages: Stages) -> Iterator[tuple[Picture, bool]]:
    """Each picture, and whether a new shot begins with it; `DELAY` pictures late."""
    finder = ShotFinder()
    waiting: deque[Picture] = deque()
    cuts: set[Fraction] = set()
    source = iter(pictures)
    while True:
        with stages("decode"):
            picture = next(source, None)
        if picture is None:
            break
        with stages("shots"):
            cuts.update(finder.add(picture.time, picture.pixels(SHOT_SIDE, sampled=True)))
        waiting.append(picture)
        if len(waiting) > DELAY:
            known = waiting.popleft()
            yield known, known.time in cuts
    with stages("shots"):
        cuts.update(finder.finish())
    for picture in waiting:
        yield picture, picture.time in cuts
