"""Settings of gunicorn for the guestbook in /srv/guestbook: ``gunicorn --config gunicorn.conf.py wsgi``."""

bind = "127.0.0.1:8000"
chdir = "/srv/guestbook"
# Processes for the processors, threads for what waits. The other kinds of worker: "sync" takes one request
# at a time, "gevent" (which has to be installed) thousands that wait.
workers = 2
worker_class = "gthread"
threads = 4
# Requests that run get so long to end when gunicorn is to stop.
graceful_timeout = 10
