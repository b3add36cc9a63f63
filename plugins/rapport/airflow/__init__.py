"""The only folder that imports Airflow: thin operators, links and the processes of the stack."""
