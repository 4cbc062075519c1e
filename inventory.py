"""The hosts by role: those that .env names, without one the lab."""

from pathlib import Path

from winfra.site import read_site

_site = read_site(Path(__file__).parent)
_site.announce()

database = _site.hosts("database")
server = _site.hosts("server")
workers = _site.hosts("workers")

# The lab has its own group data.
lab = _site.hosts("lab")
