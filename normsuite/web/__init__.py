"""What pages share: one look, small scripts, a template environment that escapes, and data put into a page.

Pages need no server, no network and no build: each is opened from disk as well as from any host. A page is
made of ``assets`` (style sheets and scripts, each a file to be read on its own), ``environment`` (templates)
and ``embed`` (data). Scripts are plain: every file adds a few functions to the one global ``normsuite``, and
text from data only ever becomes ``textContent``.
"""

from normsuite.web.assets import SCRIPTS, asset, content_policy, script
from normsuite.web.embed import embed
from normsuite.web.foreign import NOTHING, visible
from normsuite.web.templates import environment

__all__ = ["NOTHING", "SCRIPTS", "asset", "content_policy", "embed", "environment", "script", "visible"]
