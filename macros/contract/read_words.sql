{# How a word of a vocabulary (a column's `meta.vocabulary`), in its canonical form, is read: by the row of seeds/word_aliases.csv
   that gives it a meaning, in a CTE that joins `aliases_of` its columns. #}
{% macro read_word(word, column_name, vocabulary) -%}
    case
        when {{ column_name }}_alias.word is not null then {{ column_name }}_alias.meaning
        {%- if vocabulary in ['country', 'currency'] %}
        when {{ full_match(word, '[a-z]{2,3}') }} then upper({{ word }})
        {%- endif %}
        else {{ word }}
    end
{%- endmacro %}

{% macro aliases_of(contract) -%}
    {%- for name, column in contract.columns.items() if column.vocabulary %}
    left join {{ word_aliases(column.vocabulary) }} as {{ name }}_alias on worded.{{ name }} = {{ name }}_alias.word
    {%- endfor %}
{%- endmacro %}

{# The aliases of a vocabulary, in any spelling there. #}
{% macro word_aliases(vocabulary) -%}
    (
        select
            {{ canonical_word('word') }} as word,
            min(meaning) as meaning
        from {{ ref('word_aliases') }}
        where field = '{{ vocabulary }}'
        group by 1
    )
{%- endmacro %}

{# Codes of ISO 4217, those of funds and metals left out. #}
{% macro is_currency(expression) -%}
    instr(' AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP CNY COP CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL ', ' ' || {{ expression }} || ' ') > 0
{%- endmacro %}
