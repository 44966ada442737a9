{{ versions_of('stage_counts') }}
