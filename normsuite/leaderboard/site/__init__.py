"""The leaderboard's site: pages and data files that any host can serve and any browser can open from disk."""

from normsuite.leaderboard.site.build import Built, build_site
from normsuite.leaderboard.site.serve import site_server

__all__ = ["Built", "build_site", "site_server"]
