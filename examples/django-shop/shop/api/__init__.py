"""The JSON API, made with Django REST framework."""
