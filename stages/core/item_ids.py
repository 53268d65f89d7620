"""Special item ids."""

PAD = 0  # no event here
UNK = 1  # an event whose vacancy is not in the catalogue
MASK = 2  # an event whose vacancy is asked for
FIRST_ITEM = 3  # the most frequent vocabulary item
