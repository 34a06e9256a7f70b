"""The ASGI application: `appserver run mysite.asgi:application`."""

import os

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")

# This makes Django ready; models can be imported only after it.
pages = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from auction.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        # Good enough to see the pages as they are meant; the server does not serve files itself.
        "http": ASGIStaticFilesHandler(pages),
        # Browsers send cookies with a WebSocket from any page: only pages of ours may open one.
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(URLRouter(websocket_urlpatterns))
        ),
    }
)
