"""Reports that are kept as files: the weekly cohorts and the metrics at the end of a month."""
