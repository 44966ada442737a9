{{ map_table(source('academia', 'pagos'), {
    'order_id': 'factura',
    'customer_id': 'alumno',
    'lead_id': 'alumno',
    'ordered_at': 'fecha',
    'amount': 'importe',
    'currency': "'EUR'",
    'status': 'situacion',
}) }}
