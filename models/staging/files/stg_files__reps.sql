{{ map_table(source('files', 'reps')) }}
