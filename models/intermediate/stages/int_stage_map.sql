{{ with_source_words('stage_map', 'status', 'stage_key') }}
