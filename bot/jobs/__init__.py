"""Jobs that recur by themselves: clean-up, the weekly report, samples of the pools."""
