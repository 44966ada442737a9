{{ map_table(source('hubspot', 'contact_merge_audit'), {
    'event_id': "canonical_vid || '-' || vid_to_merge",
    'loser_lead_id': 'vid_to_merge',
    'survivor_lead_id': 'canonical_vid',
    'merged_at': 'timestamp',
}) }}
