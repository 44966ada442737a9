{{ map_table(source('files', 'activities')) }}
