"""The pictures of one shot: faces are detected now and then, followed, and cropped once their way is known."""

from collections import deque
from collections.abc import Callable, Sequence
from fractions import Fraction

from divas_jax.faces.crops import STEADYING, Face, FaceTrack
from divas_jax.media.picture_stream import Picture
from divas_jax.title.face_cropping import crop_faces
from divas_jax.title.faces import DetectedFace, FaceDetector
from divas_jax.title.looking import SELDOM, Looking, joined
from divas_jax.title.scenes import Seen
from divas_jax.title.stages import Stages
from divas_jax.title.tracks import GAP, Tracker

WAIT = GAP + SELDOM + Fraction(STEADYING / 2)
"""So long after a picture (s) the way of each face in it is known: none is found again, none smoothed further."""

MOST_FACES = 8
"""Faces followed at once, the largest ones."""

_RECENT = 32
"""Detections that matter to what is still to be cropped, generously."""


class FaceWatcher:
    """Follows the faces of one shot after the other; pictures wait in memory for `WAIT` s.

    Args:
      detector: finds faces in a small copy.
      stages: where the time goes.
    """

    def __init__(self, detector: FaceDetector, stages: Stages) -> None:
        self._detector, self._stages = detector, stages
        self._tracker = Tracker()
        self._looking = Looking()
        self._waiting: deque[tuple[int, Picture]] = deque()
        self._seen: dict[int, Seen] = {}
        self._count = 0

    def look(self, picture: Picture) -> bool:
        """Looks for faces if it is time to; whether it was."""
        if not self._looking.due(picture.time):
            return False
        with self._stages("faces"):
            faces = joined([self._faces(picture, side) for side in self._looking.sides])
            largest = sorted(faces, key=lambda face: face.box.width * face.box.height, reverse=True)[:MOST_FACES]
            self._tracker.add(picture.time, largest)
            self._looking.looked(picture.time, faces, max(picture.size), self._tracker.resting(picture.time))
        return True

    def _faces(self, picture: Picture, side: int) -> list[DetectedFace]:
        """Those found in a copy, in pixels of the picture."""
        small = picture.pixels(side)
        across, down = picture.size[1] / small.shape[1], picture.size[0] / small.shape[0]
        return [DetectedFace(face.box.scaled(across, down), face.score) for face in self._detector(small)]

    def add(self, picture: Picture) -> None:
        """The next picture of a scene."""
        self._waiting.append((self._count, picture))
        self._count += 1
        if self.look(picture):
            self._crop(picture.time - WAIT)

    def finish(self) -> list[Seen]:
        """The scene is over: the faces seen in it."""
        self._crop(None)
        seen, self._seen, self._count = list(self._seen.values()), {}, 0
        return seen

    def cut(self) -> None:
        """A new shot begins."""
        self._tracker.cut()
        self._looking.cut()

    def _crop(self, until: Fraction | None) -> None:
        if not self._waiting or (until is not None and self._waiting[0][1].time > until):
            return
        ways = [
            (
                track.identity,
                float(track.times[0]),
                float(track.times[-1] + self._looking.stride),
                _recent(track.face_track()),
            )
            for track in self._tracker.tracks
            if track.identity is not None  # the tracker gives no others
        ]
        with self._stages("crops"):
            while self._waiting and (until is None or self._waiting[0][1].time <= until):
                place, picture = self._waiting.popleft()
                time = float(picture.time)
                here = [(identity, way) for identity, first, last, way in ways if first <= time <= last]
                self._keep(place, picture, here)

    def _keep(self, place: int, picture: Picture, here: Sequence[tuple[int, FaceTrack]]) -> None:
        if not here:
            return
        height, width = picture.size
        faces = [(identity, way.at(picture.time)) for identity, way in here]
        for (identity, face), crop in zip(faces, crop_faces(picture, [face for _, face in faces]), strict=True):
            seen = self._seen.setdefault(identity, Seen(identity, place, [], []))
            if seen.first + len(seen.pictures) != place:  # lost and found again after it was cropped: cannot be
                continue
            seen.pictures.append(crop)
            seen.boxes.append(tuple(face.scaled(1 / width, 1 / height)))


def _recent(way: FaceTrack) -> FaceTrack:
    return FaceTrack(way.times[-_RECENT:], way.boxes[-_RECENT:]).steadied()


class WholePictures:
    """The same for models that see the whole picture: no faces, one track a scene.

    Args:
      lines: height at which pictures are kept (pixels).
      stages: where the time goes.
    """

    def __init__(self, lines: int, stages: Stages) -> None:
        self._lines, self._stages = lines, stages
        self._seen = Seen(0, 0, [], [])

    def look(self, picture: Picture) -> bool:
        """Nothing to look for."""
        return False

    def add(self, picture: Picture) -> None:
        """The next picture of a scene."""
        with self._stages("crops"):
            height, width = picture.size
            self._seen.pictures.append(picture.pixels(max(self._lines, round(self._lines * width / height))))
            self._seen.boxes.append(tuple(Face(0.0, 0.0, 1.0, 1.0)))

    def finish(self) -> list[Seen]:
        """The scene is over."""
        seen, self._seen = self._seen, Seen(self._seen.identity + 1, 0, [], [])
        return [seen]

    def cut(self) -> None:
        """A new shot begins."""


Watcher = FaceWatcher | WholePictures
MakeWatcher = Callable[[Stages], Watcher]
