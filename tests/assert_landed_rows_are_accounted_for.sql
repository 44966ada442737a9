-- Every row of a loaded file is staged, superseded or quarantined, in one table of the contract at least. A file may
-- feed a second table with some of its rows.
select
    file_id,
    min(source_file) as source_file,
    min(landed_rows) as landed_rows,
    max(staged_rows + superseded_rows + quarantined_rows) as accounted_rows
from {{ ref('fct_landed_files') }}
where error is null
group by 1
having max(staged_rows + superseded_rows + quarantined_rows) != min(landed_rows)
