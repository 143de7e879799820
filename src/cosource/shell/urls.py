"""Addresses of the frame itself."""

from django.urls import path

from cosource.shell.web.finding import find
from cosource.shell.web.menu import menu_counts
from cosource.shell.web.theme import choose_theme

app_name = "shell"
urlpatterns = [
    path("theme/", choose_theme, name="theme"),
    path("find/", find, name="find"),
    path("menu/counts/", menu_counts, name="menu_counts"),
]
