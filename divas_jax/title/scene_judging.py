"""Scenes to answers: the offset of every face in it, and who is the speaker (4.4, 5.6)."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import itemgetter

import numpy as np
from jaxtyping import Float32
from PIL import Image

from divas_jax.clip import Clip
from divas_jax.errors import UserError
from divas_jax.judging.calibration import RIVAL_DEPTH, rival_of
from divas_jax.judging.embedding import ClipEmbeddings
from divas_jax.judging.judge import SEARCH, Judge, Judgement, judge_embeddings, with_probability
from divas_jax.rates import nearest
from divas_jax.title.ahead import worked_behind
from divas_jax.title.clip_quality import contrast_db_of, motion_of
from divas_jax.title.scenes import Scene, Track
from divas_jax.title.stages import Stages

_JPEG_QUALITY = 85


@dataclass(frozen=True)
class JudgedTrack:
    """One face through a scene, and what the model says of it.

    Attributes:
      identity: as in `Track`.
      start: time of its first picture (s).
      end: time at which its last picture ends (s).
      fps: frames/s.
      height: of the face in the file's pictures (pixels).
      times: of its pictures (s).
      boxes: left, top, width and height at each, as fractions of the picture.
      motion: how much its pictures change from one to the next (grey levels), see `motion_of`.
      contrast_db: how far the sound beside it rises above its pauses (dB), see `contrast_db_of`.
      judgement: None where nothing could be compared.
      failure: why not, a sentence; empty if something could.
      thumbnail: its middle picture, as JPEG.
    """

    identity: int
    start: Fraction
    end: Fraction
    fps: Fraction
    height: float
    times: tuple[Fraction, ...]
    boxes: Float32[np.ndarray, "T 4"]
    judgement: Judgement | None
    failure: str = ""
    thumbnail: bytes = b""
    motion: float = float("nan")
    contrast_db: float = float("nan")


@dataclass(frozen=True)
class JudgedScene:
    """A shot's part with speech, its faces judged.

    Attributes:
      shot: number of its shot, from 0.
      start: time of its first picture (s).
      end: time at which its last picture ends (s).
      tracks: its faces.
      speaker: place in `tracks` of the face whose mouth goes with the sound; None where none clearly does.
    """

    shot: int
    start: Fraction
    end: Fraction
    tracks: tuple[JudgedTrack, ...]
    speaker: int | None

    @property
    def best(self) -> JudgedTrack | None:
        """The speaker, or else the face that is most likely to be."""
        if self.speaker is not None:
            return self.tracks[self.speaker]
        judged = [(certainty(track.judgement), track) for track in self.tracks if track.judgement]
        return max(judged, key=itemgetter(0), default=(None, None))[1]


Watch = Callable[[Track, ClipEmbeddings], None]
"""Sees every face of a scene and its embeddings with the first sound, before they are forgotten."""


def judge_scenes(
    judge: Judge,
    scenes: Iterable[Scene],
    stages: Stages,
    search: Fraction = SEARCH,
    fineness: int = 1,
    watch: Watch | None = None,
) -> Iterator[tuple[JudgedScene, ...]]:
    """Judges every face of every scene, beside each of its sounds; the file's own choice comes first.

    Args:
      judge: the model.
      scenes: of one file.
      stages: where the time goes.
      search: how far each way an offset is searched (s).
      fineness: steps searched per frame interval.
      watch: sees the embeddings beside the first sound.
    """

    def judged(scene: Scene) -> tuple[JudgedScene, ...]:
        with stages("judging"):
            return _judge_scene(judge, scene, search, fineness, watch)

    yield from worked_behind(judged, scenes)


def _judge_scene(
    judge: Judge, scene: Scene, search: Fraction, fineness: int, watch: Watch | None
) -> tuple[JudgedScene, ...]:
    beside = (scene.tracks, *scene.others)
    clips = [track.clip for tracks in beside for track in tracks]
    reach = max(1, nearest(search * clips[0].fps)) if clips else 0
    embedded = iter(judge.embedder.embed(clips, reach, fineness, fewer=True) if clips else [])
    judged_scenes = []
    for tracks in beside:
        judged = []
        for track in tracks:
            embeddings = next(embedded)
            if watch and tracks is scene.tracks:
                watch(track, embeddings)
            judged.append(_judged(judge, track, embeddings, reach, search, float(len(tracks))))
        speaker = speaker_of([track.judgement for track in judged])
        judged_scenes.append(JudgedScene(scene.shot, scene.start, scene.end, tuple(judged), speaker))
    return tuple(judged_scenes)


def _judged(
    judge: Judge, track: Track, embeddings: ClipEmbeddings, reach: int, search: Fraction, faces: float
) -> JudgedTrack:
    clip, judgement, failure = track.clip, None, ""
    try:
        judgement = judge_embeddings(clip, embeddings, reach)
        if judge.calibration:
            judgement = with_probability(judgement, judge.calibration, clip.fps, search, faces)
    except UserError as error:
        failure = str(error)
    return JudgedTrack(
        identity=track.identity,
        start=track.start,
        end=track.end,
        fps=clip.fps,
        height=track.height,
        times=tuple(clip.frame_time(index) for index in range(len(clip.frames))),
        boxes=track.boxes.astype(np.float32),
        judgement=judgement,
        failure=failure,
        thumbnail=_thumbnail(clip),
        motion=motion_of(clip),
        contrast_db=contrast_db_of(clip),
    )


def speaker_of(judgements: Sequence[Judgement | None]) -> int | None:
    """Which of the faces of one scene is the speaker: the surest of those that are told; None if none is."""
    candidates = [(certainty(each), index) for index, each in enumerate(judgements) if each and is_told(each)]
    return max(candidates, key=itemgetter(0), default=(None, None))[1]


def is_told(judgement: Judgement) -> bool:
    """Whether the answer is worth telling: by the model's calibration, or, without one, by a clear single minimum."""
    if judgement.probability is not None:
        return not judgement.unsure
    best = int(np.argmin(judgement.curve))
    median = float(np.median(judgement.curve[np.isfinite(judgement.curve)]))
    rival, _ = rival_of(judgement.curve_ms, judgement.curve, median)
    return 0 < best < len(judgement.curve) - 1 and rival < RIVAL_DEPTH


def certainty(judgement: Judgement) -> tuple[float, float]:
    """Orders answers: by probability, where it is known, then by confidence."""
    return judgement.probability or 0.0, judgement.confidence


def _thumbnail(clip: Clip) -> bytes:
    picture = Image.fromarray(clip.frames[len(clip.frames) // 2])
    picture.thumbnail((128, 128))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()
