-- The credit for a new customer is given whole, once per model: no customer is missing, none counts twice.
with

conversions as (

    select
        new_customers.conversion_key,
        models.model_key
    from {{ ref('fct_new_customers') }} as new_customers
    inner join {{ ref('attribution_models') }} as models
        on {{ in_force('models', 'new_customers.converted_date') }}

),

weights as (

    select
        conversion_key,
        attribution_model,
        sum(weight) as weight,
        min(weight) as least_weight
    from {{ ref('fct_attributions') }}
    group by 1, 2

)

select
    conversions.*,
    weights.weight
from conversions
full outer join weights
    on conversions.conversion_key = weights.conversion_key and conversions.model_key = weights.attribution_model
where
    conversions.conversion_key is null
    or weights.conversion_key is null
    or abs(weights.weight - 1) > 1e-9
    or weights.least_weight <= 0
