{{ versions_of('opportunity_contacts') }}
