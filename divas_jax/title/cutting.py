"""Raw videos to training clips: faces are found, followed and cropped as `divas score` does it."""

import csv
import hashlib
import io
import json
import multiprocessing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool
from rich.markup import escape
from rich.progress import track as progress

from divas_jax.command import errors
from divas_jax.errors import UserError
from divas_jax.media.encode import encode_clip
from divas_jax.preparing.folder import MANIFEST, FolderClip, FolderSource, media_in
from divas_jax.title.faces import FaceDetector, face_detector
from divas_jax.title.scan import Scan
from divas_jax.title.scenes import Track
from divas_jax.title.watching import FaceWatcher
from divas_jax.writing import make_folder, write_json, write_whole

SHORTEST_CLIP = Fraction(1)
"""Shorter stretches of a face (s) teach little."""

SMALLEST_FACE = 48.0
"""Faces of fewer pixels in height have no lips to speak of."""

COLUMNS = ("file", "speaker_id", "source", "start_s", "end_s", "face_px", "video")


@dataclass(frozen=True)
class MediaSource:
    """Videos of any kind in a folder; what is cut from them lies in `crops` and is cut once.

    Only scenes in which a single face is seen are taken, as nothing here tells who of several speaks. A video
    stands for its speaker: all its clips are in one split.

    Attributes:
      folder: where the videos are, at any depth.
      crops: folder for the clips.
      val_share: share of the videos for validation.
      test_share: likewise for testing.
      most: at most so many clips of a split, an arbitrary but fixed choice.
      workers: processes that cut.
    """

    folder: Path
    crops: Path
    val_share: float = 0.05
    test_share: float = 0.05
    most: Mapping[str, int] = field(default_factory=dict)
    workers: int = 1

    def candidates(self) -> tuple[FolderClip, ...]:
        """Cuts what is not cut yet; then the clips.

        Raises:
          UserError: the folder holds no videos, none of them gives a clip, or `crops` cannot be written.
        """
        if not self.folder.is_dir():
            raise UserError(f"{self.folder} is not a folder of videos")
        videos = list(media_in(self.folder))
        if not videos:
            raise UserError(f"{self.folder} holds no media files")
        rows = []
        cut = self._in_processes(videos) if self.workers > 1 and len(videos) > 1 else self._here(videos)
        for video_rows in progress(cut, "cutting", len(videos), console=errors, disable=not errors.is_terminal):
            rows += video_rows
        if not rows:
            raise UserError(f"no video in {self.folder} shows a single face that speaks for {float(SHORTEST_CLIP):g} s")
        write_whole(self.crops / MANIFEST, manifest_text(rows).encode())
        source = FolderSource(self.crops, val_share=self.val_share, test_share=self.test_share, most=self.most)
        return source.candidates()

    def _here(self, videos: Sequence[Path]) -> Iterator[list[dict[str, Any]]]:
        detector = face_detector()
        yield from (_rows_of(video, self.folder, self.crops, detector) for video in videos)

    def _in_processes(self, videos: Sequence[Path]) -> Iterator[list[dict[str, Any]]]:
        """In the order of the videos; one that crashes its process costs only itself."""
        context = multiprocessing.get_context("spawn")
        with ProcessPool(self.workers, initializer=_start, context=context) as pool:
            running = [pool.schedule(_rows_in_process, args=[video, self.folder, self.crops]) for video in videos]
            try:
                for video, future in zip(videos, running, strict=True):
                    try:
                        yield future.result()
                    except ProcessExpired as error:
                        errors.print(f"[yellow]left out:[/] {escape(str(video))} crashed its reader ({error})")
                        yield []
            except BaseException:
                pool.stop()
                raise


_detector: FaceDetector


def _start() -> None:
    global _detector
    _detector = face_detector()


def _rows_in_process(video: Path, folder: Path, crops: Path) -> list[dict[str, Any]]:
    return _rows_of(video, folder, crops, _detector)


def _rows_of(video: Path, folder: Path, crops: Path, detector: FaceDetector) -> list[dict[str, Any]]:
    """Rows of the manifest; from an earlier run where the video is the same."""
    name = video.relative_to(folder).as_posix()
    place = crops / hashlib.sha256(name.encode()).hexdigest()[:12]
    status = video.stat()
    stamp, done = [status.st_size, status.st_mtime_ns], place / "cut.json"
    try:
        known = json.loads(done.read_text())
        if known["stamp"] == stamp:
            return known["rows"]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # cut it now
    make_folder(place)
    rows = []
    try:
        for number, face in enumerate(single_faces(video, detector)):
            encode_clip(face.clip, place / f"{number:05d}.mp4")
            rows.append(row_of(f"{place.name}/{number:05d}.mp4", name, face))
    except UserError as error:
        errors.print(f"[yellow]left out:[/] {error}")
    write_json(done, {"video": name, "stamp": stamp, "rows": rows})
    return rows


def single_faces(video: Path, detector: FaceDetector) -> Iterator[Track]:
    """Faces that are alone in their scenes."""
    for scene in Scan(video, lambda stages: FaceWatcher(detector, stages)):
        if len(scene.tracks) == 1:
            (face,) = scene.tracks
            if face.end - face.start >= SHORTEST_CLIP and face.height >= SMALLEST_FACE:
                yield face


def manifest_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """The manifest of the clips that these rows tell of."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def row_of(file: str, video: str, face: Track) -> dict[str, Any]:
    """The manifest's row of a clip: its file, the video that it is cut from, and where."""
    times = {"start_s": round(float(face.start), 3), "end_s": round(float(face.end), 3)}
    return {
        "file": file,
        "speaker_id": video,
        "source": "media",
        **times,
        "face_px": round(face.height),
        "video": video,
    }
