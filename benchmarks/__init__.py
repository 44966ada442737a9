"""How long a build takes, and how near dbt comes to the same SQL run straight."""
