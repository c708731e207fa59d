"""Detections become tracks: through jitter, misses and false alarms, side by side and crossing, from shot to shot."""

from fractions import Fraction

import numpy as np
import pytest

from divas_jax.faces.crops import Face
from divas_jax.title.faces import DetectedFace
from divas_jax.title.tracks import CONFIRMED, GAP, REMEMBERED, Tracker

STRIDE = Fraction(1, 5)


def face(left: float, top: float = 100.0, height: float = 80.0) -> DetectedFace:
    return DetectedFace(Face(float(left), float(top), 0.8 * height, float(height)), 0.8)


def follow(ways: dict[str, list[float | None]], tracker: Tracker | None = None) -> Tracker:
    """Faces at given left edges, look by look; None where one is not found."""
    tracker = tracker or Tracker()
    for look, lefts in enumerate(zip(*ways.values(), strict=True)):
        tracker.add(look * STRIDE, [face(left) for left in lefts if left is not None])
    return tracker


def test_one_face_is_one_track_of_exact_times():
    [track] = follow({"a": [100 + 5 * look for look in range(10)]}).tracks
    assert track.identity == 0
    assert track.times == [look * STRIDE for look in range(10)]
    assert track.scores == [0.8] * 10
    way = track.face_track()
    assert (way.times.shape, way.boxes.shape) == ((10,), (10, 4))
    assert way.at(Fraction(1, 10)) == pytest.approx(Face(102.5, 100, 64, 80))


def test_a_face_missed_for_half_a_second_is_the_same_and_its_way_is_straight():
    [track] = follow({"a": [100, 100, 100, None, None, 130, 130]}).tracks
    assert len(track.times) == 5
    assert track.face_track().at(Fraction(7, 10)).left == pytest.approx(115)


def test_a_face_missed_for_longer_is_another_one():
    missed = [None] * (int(GAP / STRIDE) + 2)
    first, second = follow({"a": [100] * 4 + missed + [100] * 4}).tracks
    assert (first.identity, second.identity) == (0, 1)
    assert len(first.times) == len(second.times) == 4


def test_where_nobody_looked_nobody_was_missed_but_time_passes():
    """Faces are looked for in speech only: after a pause, who sits there may be somebody else."""
    tracker = follow({"a": [100] * 4})
    for look in range(4):
        tracker.add(5 + look * STRIDE, [face(100)])
    assert [track.identity for track in tracker.tracks] == [0, 1]


@pytest.mark.parametrize("seen", range(1, CONFIRMED))
def test_mistakes_of_the_detector_become_no_tracks_and_use_no_numbers(seen):
    tracker = follow({"false": [500] * seen + [None] * (8 - seen), "a": [100] * 8})
    assert [track.identity for track in tracker.tracks] == [0]
    assert tracker.tracks[0].boxes[0].left == 100


def test_identities_go_on_after_a_cut():
    tracker = follow({"a": [100] * 5, "b": [300] * 5})
    tracker.cut()
    assert tracker.tracks == []
    tracker.add(Fraction(1), [face(100)])
    assert tracker.tracks == [], "a new shot begins anew"
    for look in range(1, 4):
        tracker.add(1 + look * STRIDE, [face(100)])
    assert [track.identity for track in tracker.tracks] == [2]


def test_two_who_run_past_each_other_keep_their_numbers():
    """They meet between looks; where they overlap only the one in front is found."""
    rightward, leftward = [100 + 33 * look for look in range(20)], [700 - 33 * look for look in range(20)]
    hidden = [None if abs(a - b) < 40 else b for a, b in zip(rightward, leftward, strict=True)]
    assert None in hidden
    first, second = follow({"a": rightward, "b": hidden}).tracks
    lefts = [[box.left for box in track.boxes] for track in (first, second)]
    assert lefts == [rightward, [left for left in hidden if left is not None]]


def test_who_stops_suddenly_or_runs_off_stays_the_same():
    way = [100.0] * 5 + [100 + 35.0 * look for look in range(1, 6)] + [275.0] * 5
    assert len(follow({"a": way}).tracks) == 1


def test_camera_that_shakes():
    """A picture that jumps takes all its faces with it, nobody's number goes to the neighbour."""
    rng = np.random.default_rng(1)
    shake = np.cumsum(rng.normal(0, 9, 60))
    tracker = follow({name: [*(left + shake)] for name, left in {"a": 100, "b": 190, "c": 280}.items()})
    assert len(tracker.tracks) == 3
    for track in tracker.tracks:
        assert np.ptp(np.array([box.left for box in track.boxes]) - shake) < 1e-6


def _noisy_look(rng: np.random.Generator, look: int, people: int) -> tuple[list[DetectedFace], list[int]]:
    """People side by side who sway; jitter of 3 %, a tenth missed, a false alarm now and then, in any order."""
    found, who = [], []
    for person in range(people):
        if rng.random() < 0.1:
            continue
        left = 100 + 75 * person + 10 * np.sin(0.6 * look + 2 * person)
        jitter = rng.normal(0, 0.03 * 80, 3)
        found.append(face(left + jitter[0], 100 + jitter[1], 80 + jitter[2]))
        who.append(person)
    if rng.random() < 0.2:
        found.append(face(rng.uniform(0, 900), rng.uniform(250, 600), rng.uniform(20, 100)))
        who.append(-1)
    order = rng.permutation(len(found))
    return [found[place] for place in order], [who[place] for place in order]


def test_side_by_side_with_jitter_misses_and_false_alarms():
    switches = breaks = 0
    for seed in range(5):
        rng, tracker, owners = np.random.default_rng(seed), Tracker(), {}
        for look in range(100):
            found, who = _noisy_look(rng, look, people=3)
            tracker.add(look * STRIDE, found)
            for track in tracker.tracks:
                here = [who[place] for place, one in enumerate(found) if track.boxes[-1] is one.box]
                owners.setdefault(track.identity, set()).update(here)
        assert all(-1 not in people for people in owners.values())
        switches += sum(len(people) > 1 for people in owners.values())
        breaks += len(owners) - 3
    assert switches == 0
    assert breaks <= 5  # three missed looks in a row come once in 1000


def test_memory_of_a_shot_of_hours_is_bounded():
    tracker = Tracker()
    for look in range(400):
        lefts = [100] + ([500] if look < 10 else [])
        tracker.add(look * STRIDE, [face(left) for left in lefts])
    [track] = tracker.tracks
    assert track.identity in (0, 1)
    assert track.times[-1] - track.times[0] == REMEMBERED
    assert len(track.times) == len(track.boxes) == len(track.scores) == REMEMBERED / STRIDE + 1


def test_looks_without_faces():
    tracker = Tracker()
    for look in range(5):
        tracker.add(look * STRIDE, [])
    assert tracker.tracks == []
