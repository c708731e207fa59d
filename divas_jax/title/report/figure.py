"""Figure 3 as an interactive plot: the offset of every scene over time, and what the title does."""

from typing import Any

import plotly.graph_objects as go

from divas_jax.palette import BLUE, GREEN, GREY, ORANGE, WHITE
from divas_jax.sync.tolerances import ACCEPTABLE, UNDETECTABLE
from divas_jax.title.report.drawing_limits import limits_ms
from divas_jax.title.report.ticks import time_ticks
from divas_jax.title.verdict import clock

_LEAD_SHARE = 0.02
"""The axis begins at zero where the first picture comes no later than this share of the title."""

_SMALLEST, _LARGEST = 4.0, 13.0


def timeline_figure(record: dict[str, Any]) -> go.Figure:
    """The plot.

    Args:
      record: of `title_record`.
    """
    figure = go.Figure()
    scenes = [scene for scene in record["scenes"] if scene["offset_ms"] is not None]
    low, high = limits_ms(record)
    _band(figure, record)
    shots = record["shots_s"]
    rug = {"symbol": "line-ns-open", "size": 7, "color": GREY}
    figure.add_scatter(
        x=shots, y=[low] * len(shots), mode="markers", marker=rug, name="shots", hoverinfo="skip", cliponaxis=False
    )
    _scenes(figure, [scene for scene in scenes if not scene["kept"]], "not counted", GREY, "x-thin-open")
    _scenes(figure, [scene for scene in scenes if scene["kept"]], "scenes", BLUE, "circle")
    _line(figure, record)
    _zones(figure, low, high)
    for gap in record["gaps"]:
        figure.add_vrect(
            gap["start_s"], gap["end_s"], y0=0, y1=0.025, fillcolor=GREY, opacity=0.45, line_width=0, layer="below"
        )
    _layout(figure, record, low, high)
    return figure


def _scenes(figure: go.Figure, scenes: list[dict[str, Any]], name: str, colour: str, symbol: str) -> None:
    """Points whose size is how far each is trusted; `customdata` is the number of the scene."""
    sizes = [_SMALLEST + (_LARGEST - _SMALLEST) * scene["trust"] for scene in scenes]
    line = {"width": 1.5 if "open" in symbol else 1, "color": colour if "open" in symbol else WHITE}
    figure.add_scatter(
        x=[(scene["start_s"] + scene["end_s"]) / 2 for scene in scenes],
        y=[scene["offset_ms"] for scene in scenes],
        mode="markers",
        name=name,
        marker={"size": sizes, "color": colour, "symbol": symbol, "line": line, "opacity": 0.8},
        customdata=[scene["scene"] for scene in scenes],
        text=[f"{scene['start_timecode']}<br>{scene['words']}, {scene['trust']:.0%} sure" for scene in scenes],
        hovertemplate="%{text}<extra></extra>",
    )


def _band(figure: go.Figure, record: dict[str, Any]) -> None:
    """The 95 % interval of what the title does, behind the scenes."""
    for piece in record["pieces"]:
        first, last, times = piece["start_ms"], piece["end_ms"], [piece["start_s"], piece["end_s"]]
        figure.add_scatter(
            x=times + times[::-1],
            y=[first["high"], last["high"], last["low"], first["low"]],
            mode="lines",
            fill="toself",
            fillcolor=ORANGE,
            opacity=0.25,
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )


def _line(figure: go.Figure, record: dict[str, Any]) -> None:
    """What the title does, over the scenes; steps are upright."""
    ends = [(piece[f"{end}_s"], piece[f"{end}_ms"]["value"]) for piece in record["pieces"] for end in ("start", "end")]
    figure.add_scatter(
        x=[time for time, _ in ends],
        y=[value for _, value in ends],
        mode="lines",
        line={"color": ORANGE, "width": 3},
        name="the title",
        hoverinfo="skip",
    )


def _zones(figure: go.Figure, low: float, high: float) -> None:
    """ITU-R BT.1359: where nobody notices, and where nobody accepts it."""
    figure.add_hrect(UNDETECTABLE.late, UNDETECTABLE.early, fillcolor=GREEN, opacity=0.12, line_width=0, layer="below")
    for outer, inner in ((low, ACCEPTABLE.late), (ACCEPTABLE.early, high)):
        figure.add_hrect(outer, inner, fillcolor=ORANGE, opacity=0.10, line_width=0, layer="below")
    for value in (*UNDETECTABLE[1:], *ACCEPTABLE[1:]):
        figure.add_hline(value, line={"color": GREY, "width": 1, "dash": "dot"})


def _layout(figure: go.Figure, record: dict[str, Any], low: float, high: float) -> None:
    start, end, zero = record["start_s"], record["end_s"], record["zero_s"]
    if 0 < start - zero < _LEAD_SHARE * (end - start):
        start = zero
    ticks = time_ticks(start, end, zero)
    figure.update_layout(
        height=460,
        margin={"l": 70, "r": 20, "t": 10, "b": 50},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "system-ui, sans-serif", "size": 14},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="closest",
        dragmode="pan",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": GREY, "activecolor": BLUE},
    )
    labels = [clock(tick - zero) for tick in ticks]
    figure.update_xaxes(
        title="time in the title", range=[start, end], tickvals=ticks, ticktext=labels, zeroline=False, showgrid=False
    )
    figure.update_yaxes(
        title="sound late (ms)  ·  sound early (ms)",
        range=[low, high],
        gridcolor="rgba(128,128,128,.2)",
        zerolinecolor=GREY,
    )
