"""The one parallel, resumable, crash-isolating runner of many runs."""
