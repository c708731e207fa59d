"""Who speaks when, against labels: face-seconds counted by hand, files matched, tables read."""

from fractions import Fraction

import numpy as np
import pytest

from divas_jax.errors import UserError
from divas_jax.evaluation.face_time import ALONE, AMONG, NOBODY, SEVERAL, scene_times
from divas_jax.evaluation.lines import as_rich, markdown_table
from divas_jax.evaluation.speaker_scores import ALL, AVERAGE, compare_files, compare_labels, speaker_scores
from divas_jax.evaluation.speaker_tables import speaker_tables, speakers_json
from divas_jax.faces.crops import Face
from divas_jax.faces.speaker_labels import COLUMNS, SpeakerLabel, read_labels

LEFT, RIGHT, ELSEWHERE = Face(0.1, 0.2, 0.2, 0.4), Face(0.6, 0.2, 0.2, 0.4), Face(0.4, 0.7, 0.1, 0.2)


def row(start, end, face, box, speaking, file="a.mp4"):
    return SpeakerLabel(file, Fraction(str(start)), Fraction(str(end)), str(face), box, speaking)


TRUE = [
    row(0, 2, 0, LEFT, True),
    row(2, 5, 0, LEFT, False),
    row(0, 5, 1, RIGHT, False),
    row(5, 8, 2, LEFT, True),  # a cut: another scene
    row(10, 12, 3, LEFT, True),
    row(12, 13, 3, LEFT, False),
    row(10, 12, 4, RIGHT, False),
    row(12, 13, 4, RIGHT, True),
    row(20, 21, 5, LEFT, False),
]


def sums(scene):
    return scene.right, scene.wrong, scene.missed, scene.speaking, scene.labelled, scene.found


def test_scenes_and_their_conditions():
    scenes = scene_times(TRUE, TRUE)
    assert [(scene.start, scene.end, scene.condition) for scene in scenes] == [
        (0, 5, AMONG), (5, 8, ALONE), (10, 13, SEVERAL), (20, 21, NOBODY),
    ]  # fmt: skip
    assert [sums(scene) for scene in scenes] == [
        (2, 0, 0, 2, 10, 10), (3, 0, 0, 3, 3, 3), (3, 0, 0, 3, 6, 6), (0, 0, 0, 0, 1, 1),
    ]  # fmt: skip


def test_face_seconds_are_exact():
    """Said from 0.123 s on and half a second too long; the other face is not found for a second; a stranger speaks."""
    said = [
        row(0, "0.123", 7, LEFT, False),
        row("0.123", "2.5", 7, LEFT, True),
        row("2.5", 5, 7, LEFT, False),
        row(1, 5, 9, RIGHT, False),
        row(3, 4, 8, ELSEWHERE, True),
    ]
    (scene,) = scene_times(TRUE[:3], said)
    assert sums(scene) == pytest.approx((1.877, 0.5 + 1, 0.123, 2, 10, 9), abs=1e-12)


def test_boxes_decide_which_face_is_meant_not_numbers():
    swapped = [row(0, 5, 0, RIGHT, True), row(0, 5, 1, LEFT, False)]
    (scene,) = scene_times(TRUE[:3], swapped)
    assert sums(scene)[:3] == (0, 5, 2)
    a_little_beside = [row(0, 5, 0, Face(0.12, 0.22, 0.2, 0.4), True)]
    assert (
        sums(scene_times(TRUE[3:4], [r._replace(start=Fraction(5), end=Fraction(8)) for r in a_little_beside])[0])[0]
        == 3
    )
    assert sums(scene_times(TRUE[3:4], [row(5, 8, 0, ELSEWHERE, True)])[0])[:3] == (0, 3, 3)


def test_a_face_that_walks_is_followed_between_the_middles_of_its_rows():
    """It walks its own width in 4 s; labelled in rows of 2 s, found in rows of 1 s."""

    def rows(length):
        return [
            row(start, start + length, 0, LEFT._replace(left=0.05 * (start + length / 2)), True)
            for start in np.arange(0, 10, length).tolist()
        ]

    (scene,) = scene_times(rows(2.0), rows(1.0))
    assert scene.right == 10


def test_what_is_said_where_nobody_is_labelled_does_not_count():
    said = [*TRUE, row(8, 10, 0, LEFT, True), row(30, 40, 0, LEFT, True)]
    assert [scene.wrong for scene in scene_times(TRUE, said)] == [0, 0, 0, 0]


def test_scores_and_their_baselines():
    scores = speaker_scores(scene_times(TRUE, TRUE))
    assert list(scores) == [ALONE, AMONG, SEVERAL, AVERAGE, NOBODY, ALL]
    assert [scores[kind].f1 for kind in (ALONE, AMONG, SEVERAL, AVERAGE, ALL)] == [1, 1, 1, 1, 1]
    assert np.isnan(scores[NOBODY].f1)
    assert scores[ALL].speaking_s == 8
    assert scores[ALL].labelled_s == 20
    everybody = [label._replace(speaking=True) for label in TRUE]
    for kind, score in speaker_scores(scene_times(TRUE, everybody)).items():
        assert score.f1 == pytest.approx(scores[kind].everybody_f1, nan_ok=True)
    assert scores[AMONG].everybody_f1 == pytest.approx(2 * 2 / (2 * 2 + 8))
    nothing = speaker_scores(scene_times(TRUE, []))
    assert (nothing[ALL].f1, nothing[ALL].recall, nothing[ALL].found) == (0, 0, 0)


def test_random_is_what_a_coin_does():
    rng = np.random.default_rng(0)
    true = [row(2 * n, 2 * n + 2, n, LEFT, bool(rng.random() < 0.3)) for n in range(1000)]
    coin = [label._replace(speaking=bool(rng.random() < 0.5)) for label in true]
    score = speaker_scores(compare_labels(true, coin))[ALL]
    assert score.f1 == pytest.approx(score.random_f1, abs=0.06)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(1)
    held = []
    for trial in range(40):
        true = [row(2 * n, 2 * n + 2, n, LEFT, True) for n in range(30)]
        said = [label._replace(speaking=bool(rng.random() < 0.7)) for label in true]
        low, high = speaker_scores(compare_labels(true, said), seed=trial)[ALONE].interval
        held.append(low <= 2 * 0.7 / 1.7 <= high)
    assert 0.85 < np.mean(held) <= 1
    assert np.isnan(speaker_scores(scene_times(TRUE, TRUE))[AVERAGE].interval).all()  # one scene each


def test_files_are_matched_by_the_ends_of_their_paths():
    true = [row(0, 1, 0, LEFT, True, "x/1.mp4"), row(0, 1, 0, LEFT, True, "y/1.mp4")]
    said = [label._replace(file=f"/films/{label.file}") for label in true]
    assert sum(scene.right for scene in compare_labels(true, said)) == 2
    assert sum(scene.missed for scene in compare_labels(true, said[:1])) == 1
    with pytest.raises(UserError, match=r"1\.mp4"):
        compare_labels([true[0]._replace(file="1.mp4")], said)
    with pytest.raises(UserError, match=r"1\.mp4"):
        compare_labels(true, [true[0]._replace(file="1.mp4")])


HEAD = ",".join(COLUMNS)
GOOD = "a.mp4,0,2.5,face0,0.1,0.2,0.2,0.4,1"


def test_tables_are_read_and_compared(tmp_path):
    for name, speaking in (("true.csv", 1), ("said.csv", 0)):
        lines = [f"note,{HEAD}", f"x,{GOOD}", f"x,a.mp4,2.5,5,face0,0.1,0.2,0.2,0.4,{speaking}"]
        (tmp_path / name).write_text("\n".join(lines), encoding="utf-8-sig")
    assert read_labels(tmp_path / "true.csv")[0] == row(0, 2.5, "face0", LEFT, True)
    scores = compare_files(tmp_path / "true.csv", tmp_path / "said.csv")
    assert (scores[ALONE].precision, scores[ALONE].recall) == (1, 0.5)
    text = "".join(markdown_table(lines) for lines in speaker_tables(scores))
    assert "66.7" in text
    assert all(as_rich(lines).row_count == 2 for lines in speaker_tables(scores))
    assert speakers_json(scores)[ALONE]["interval"] == [None, None]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a.mp4,0,2.5,face0,0.1,0.2,0.2,0.4,2", "labels.csv:3: speaking '2'"),
        ("a.mp4,x,2.5,face1,0.1,0.2,0.2,0.4,1", "labels.csv:3: start_s 'x'"),
        ("a.mp4,nan,2.5,face1,0.1,0.2,0.2,0.4,1", "labels.csv:3: start_s 'nan'"),
        ("a.mp4,3,2.5,face1,0.1,0.2,0.2,0.4,1", "labels.csv:3: end_s 2.5 is not after"),
        ("a.mp4,0,2.5,face1,100,0.2,0.2,0.4,1", "labels.csv:3: x '100' is no fraction"),
        ("a.mp4,0,2.5,face1,0.1,0.2,0,0.4,1", "labels.csv:3: w 0 and h 0.4"),
        ("a.mp4,0,2.5,,0.1,0.2,0.2,0.4,1", "labels.csv:3: face is empty"),
        ("a.mp4,0,2.5", "labels.csv:3: face, x, y, w, h, speaking is empty"),
        ("a.mp4,2,3,face0,0.1,0.2,0.2,0.4,1", "labels.csv:3: face face0 of a.mp4 is already labelled in line 2"),
    ],
)
def test_wrong_lines_are_named(tmp_path, line, said):
    (tmp_path / "labels.csv").write_text(f"{HEAD}\n{GOOD}\n{line}\n")
    with pytest.raises(UserError) as error:
        read_labels(tmp_path / "labels.csv")
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"file,start_s\n", "no column"), (b"", "no column"), (b"\xff\xfe\x00", "UTF-8"), (None, "cannot be read")],
)
def test_files_that_are_no_tables(tmp_path, content, said):
    if content is not None:
        (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(UserError, match=said):
        read_labels(tmp_path / "labels.csv")


def test_no_labels_are_no_evaluation(tmp_path):
    (tmp_path / "labels.csv").write_text(HEAD)
    with pytest.raises(UserError, match="no labels"):
        compare_files(tmp_path / "labels.csv", tmp_path / "labels.csv")
