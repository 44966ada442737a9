{{ with_source_words('lead_mechanisms', 'lead_source', 'mechanism') }}
