"""The clips of a title as a part of its page."""

import html
from collections.abc import Sequence

from divas_jax.sync.tolerances import in_words
from divas_jax.title.report.data_address import webp_address
from divas_jax.title.report.evidence import Excerpt
from divas_jax.title.timecodes import Timecodes

_HEAD = """<section aria-label="evidence" class="screen">
<h2>See for yourself</h2>
<p class="key">The surest scenes, and the worst one: as they are, and with the sound moved to where the verdict puts it. The clips lie beside this page.</p>
<div class="pairs">
"""  # noqa: E501


def evidence_part(excerpts: Sequence[Excerpt], timecodes: Timecodes) -> str:
    """Pairs of clips with words; empty without any."""
    return _HEAD + "".join(_pair(each, timecodes) for each in excerpts) + "</div></section>" if excerpts else ""


def _pair(excerpt: Excerpt, timecodes: Timecodes) -> str:
    choice = excerpt.choice
    caption = f"Scene {choice.scene}, {timecodes.at(choice.start)}: {in_words(choice.offset_ms)}; {choice.why}"
    move = round(1000 * choice.by)
    put = "put right: nothing moves"
    if move:
        direction = "later" if move > 0 else "earlier"
        put = f"put right: sound {abs(move)} ms {direction}"
    poster = webp_address(excerpt.poster)
    video = f'<video controls preload="none" width="256" height="256" poster="{poster}"'
    clips = "".join(
        f'<figure>{video} src="{html.escape(source)}"></video><figcaption>{name}</figcaption></figure>'
        for source, name in ((excerpt.as_it_is, "as it is"), (excerpt.put_right, put))
    )
    return f'<div class="evidence"><p>{html.escape(caption)}</p>{clips}</div>\n'
