{{ versions_of('lead_grades') }}
