"""The only Airflow plugin: pages of nights in the UI, and the links from tasks to their night and its report."""

from airflow.plugins_manager import AirflowPlugin

from rapport.airflow.links import PAGES, NightLink, ReportLink
from rapport.airflow.pages import app


class RapportPlugin(AirflowPlugin):
    """Nights in the navigation, behind the UI's own sign-in."""

    name = "rapport"
    operator_extra_links = [NightLink(), ReportLink()]  # noqa: RUF012  (Airflow's own interface)
    fastapi_apps = [{"app": app, "url_prefix": PAGES, "name": "Rapport"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "Nights",
            "href": f"{PAGES}/nights",
            "destination": "nav",
            "url_route": "rapport_nights",
            "icon": f"{PAGES}/moon.svg",
        },
    ]
