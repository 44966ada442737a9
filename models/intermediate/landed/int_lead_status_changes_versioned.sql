{{ versions_of('lead_status_changes') }}
