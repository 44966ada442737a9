{{ map_table(source('academia', 'gastos'), {
    'cost_id': row_id(['dia', 'canal', 'concepto']),
    'cost_date': 'dia',
    'cost_type': 'concepto',
    'channel': 'canal',
    'amount': 'importe',
    'currency': "'EUR'",
}) }}
