"""Work that comes round by itself: clean-up, the weekly report, samples of the pools."""
