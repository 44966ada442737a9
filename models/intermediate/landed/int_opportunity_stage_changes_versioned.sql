{{ versions_of('opportunity_stage_changes') }}
