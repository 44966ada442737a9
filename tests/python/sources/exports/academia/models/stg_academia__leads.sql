{{ map_table(source('academia', 'alumnos'), {
    'lead_id': 'codigo',
    'created_at': 'fecha_de_alta',
    'email': 'correo_electronico',
    'name': 'nombre',
    'country': 'pais',
    'channel': 'canal',
}) }}
