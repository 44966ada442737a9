{{ map_table(source('academia', 'seguimiento'), {
    'event_id': row_id(['alumno', 'fecha', 'estado']),
    'lead_id': 'alumno',
    'changed_at': 'fecha',
    'to_status': 'estado',
    'reason': 'motivo',
}) }}
