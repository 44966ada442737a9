{{ versions_of('lead_merges') }}
