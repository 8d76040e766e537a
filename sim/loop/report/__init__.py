"""The page that says how a run went: verdicts, video, plots, and how to repeat it. Works from a file, without a network."""
