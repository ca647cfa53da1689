#!/usr/bin/env python3
"""The guestbook as a CGI script: a process for each request, where a web host offers nothing else."""

from wsgiref.handlers import CGIHandler

from wsgi import application

CGIHandler().run(application)
