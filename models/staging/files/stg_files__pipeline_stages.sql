{{ map_table(source('files', 'pipeline_stages')) }}
