#!/usr/bin/env python3
"""The guestbook as a CGI program: a process for each request, where a web host offers nothing else."""

from microweb.cgi import run
from wsgi import application

run(application)
