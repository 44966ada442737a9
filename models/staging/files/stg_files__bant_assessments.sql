{{ map_table(source('files', 'bant_assessments')) }}
