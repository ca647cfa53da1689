"""The guestbook behind one proxy, whose headers are believed: nobody else may reach the port."""

from wsgi import application

from microweb.middleware import ProxyFix

application.wsgi_app = ProxyFix(application.wsgi_app, x_for=1, x_proto=1, x_host=1, x_prefix=1)
