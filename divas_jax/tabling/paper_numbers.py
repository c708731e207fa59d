"""What the paper's tables say, to stand beside ours."""

from typing import NamedTuple

THREE = "±40 | -125 to 45 | -185 to 90 ms"
"""Tolerances of an accuracy, as the paper writes three of them in a cell."""


class PaperRow(NamedTuple):
    """Cells of a row, as they are printed."""

    cells: tuple[str, ...]


TABLE_1 = {
    "SyncNet": PaperRow(("99.4 | 99.4 | 99.4", "13.6M", "265")),
    "VocaLiST": PaperRow(("98.7 | 98.7 | 98.8", "80.1M", "13")),
    "DiVAS": PaperRow(("99.4 | 99.4 | 99.5", "4.8M", "4500")),
}
TABLE_2 = {
    "Base": PaperRow(("94.0 | 95.8 | 97.2", "82.2 | 82.8 | 98.6")),
    "DiVAS": PaperRow(("94.4 | 96.2 | 97.4", "96.8 | 97.7 | 99.2")),
}
TABLE_3 = {
    "VocaLiST, LRS2": PaperRow(("59.2 | 60.1 | 80.5",)),
    "DiVAS, LRS2": PaperRow(("54.5 | 73.9 | 82.1",)),
    "DiVAS, LRS3-multifps": PaperRow(("61.9 | 81.9 | 90.7",)),
    "DiVAS, new data": PaperRow(("89.4 | 93.7 | 97.0",)),
    "DiVAS, new data, titles": PaperRow(("93.5 | 96.4 | 99.4",)),
}
TABLE_4 = {
    "DiVAS": PaperRow(("94.4 | 96.2 | 97.4", "9.4")),
    "DiVAS-frame": PaperRow(("93.6 | 95.6 | 96.9", "317")),
}
TABLE_5 = {
    "Iashin et al.": PaperRow(("80.7", "96.9", "55.3M")),
    "DiVAS-frame": PaperRow(("92.2", "94.0", "17M")),
}
TABLE_6 = {
    "DiVAS, LRS2": PaperRow(("69.8", "78.6", "48.8", "65.7")),
    "DiVAS, LRS3-multifps": PaperRow(("68.5", "77.7", "53.6", "66.6")),
    "DiVAS, new data": PaperRow(("91.8", "92.0", "70.6", "84.8")),
}
