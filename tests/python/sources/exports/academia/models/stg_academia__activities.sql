with

source as (

    select * from {{ source('academia', 'llamadas') }} where tipo <> 'Nota interna'

),

{{ conform({
    'activity_id': 'id',
    'lead_id': 'alumno',
    'activity_type': 'tipo',
    'occurred_at': 'fecha_y_hora',
    'direction': 'sentido',
    'duration_seconds': 'duracion_min',
}) }}

select * from conformed
