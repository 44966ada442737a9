{{ map_table(source('files', 'opportunity_stage_changes')) }}
