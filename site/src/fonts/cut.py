"""Cuts the latin face of Instrument Sans to what French pages need: `python3 cut.py FACE.woff2 OUT.woff2` (fonttools, brotli)."""

import sys

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

CHARACTERS = [*map(chr, range(0x20, 0x7F)), *"\u00a0§«°·»×ÀÂÇÈÉÊËÎÏÔÙÛàâçèéêëîïôùûüŒœ–—‘’“”•…\u202f€↑↓−"]
# In thousandths of an em: closer pairs stay as they are, the others move by whole steps.
SMALLEST, STEP = 12, 4

font = TTFont(sys.argv[1])
instantiateVariableFont(font, {"wght": (400, 700)}, inplace=True)
options = Options(layout_features=["kern", "liga", "ccmp", "locl", "mark", "mkmk", "tnum"], hinting=False)
cutter = Subsetter(options)
cutter.populate(text="".join(CHARACTERS))
cutter.subset(font)

# One kerning for every weight, coarser than the eye: it was a third of the file.
for lookup in font["GPOS"].table.LookupList.Lookup:
    for subtable in lookup.SubTable:
        pairs = (
            [pair for left in subtable.PairSet for pair in left.PairValueRecord]
            if subtable.Format == 1
            else [pair for left in subtable.Class1Record for pair in left.Class2Record]
        )
        for pair in pairs:
            by = pair.Value1.XAdvance
            pair.Value1.XAdvance = 0 if abs(by) < SMALLEST else round(by / STEP) * STEP
            if hasattr(pair.Value1, "XAdvDevice"):
                del pair.Value1.XAdvDevice
        subtable.ValueFormat1 = 4

font.flavor = "woff2"
font.save(sys.argv[2])
