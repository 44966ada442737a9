{{ map_table(source('files', 'stage_counts')) }}
